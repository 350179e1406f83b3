// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "stage/cgroup_library.h"

namespace blkhang {

/// For tests: groups are directories, and have those knobs that a test says.
class FakeCgroups final : public CgroupLibrary {
public:
    explicit FakeCgroups(std::vector<std::string>& journal) : journal_(journal) {}

    std::map<std::string, std::filesystem::path> mounts;  ///< by controller
    std::set<std::string> knobs;                          ///< of every group
    std::set<std::string> fails;                          ///< lines of the journal

    Status look() override { return {}; }
    [[nodiscard]] Result<std::filesystem::path> mount_of(const std::string& controller) const override {
        const auto found = mounts.find(controller);
        return found == mounts.end() ? fail(Fault::broken, controller + " is not mounted")
                                     : Result<std::filesystem::path>(found->second);
    }
    [[nodiscard]] Status create(const std::string& group, const std::vector<std::string>& controllers) const override {
        for (const auto& controller : controllers) {
            const auto directory = mounts.at(controller) / group;
            std::filesystem::create_directories(directory);
            for (const auto& knob : knobs) {
                if (auto written = write_file(directory / knob, ""); !written) {
                    return written;
                }
            }
        }
        return made("make group " + group);
    }
    [[nodiscard]] Status set(const std::string& group, const std::string& controller,
                             const std::vector<KnobValue>& values) const override {
        for (const auto& [knob, value] : values) {
            if (auto written = write_knob(mounts.at(controller) / group / knob, value); !written) {
                return written;
            }
        }
        return made("throttle group " + group);
    }
    [[nodiscard]] Status attach(const std::string& group, const std::vector<std::string>& /*controllers*/,
                                pid_t /*pid*/) const override {
        return made("move into group " + group);
    }
    [[nodiscard]] Status remove(const std::string& group, const std::string& controller) const override {
        std::filesystem::remove_all(mounts.at(controller) / group);
        return made("remove group " + group);
    }

private:
    [[nodiscard]] Status made(const std::string& line) const {
        journal_.push_back(line);
        return fails.count(line) != 0 ? Status(fail(Fault::broken, "cannot " + line)) : Status();
    }

    std::vector<std::string>& journal_;
};

}  // namespace blkhang
