// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// One knob of a cgroup and what is written to it.
struct KnobValue {
    std::string knob, value;
    bool operator==(const KnobValue&) const = default;
};

/// What cgroups are made with. Groups are named by their path below the mounts, and belong to the controllers named.
class CgroupLibrary {
public:
    CgroupLibrary() = default;
    CgroupLibrary(const CgroupLibrary&) = delete;
    CgroupLibrary& operator=(const CgroupLibrary&) = delete;
    virtual ~CgroupLibrary() = default;

    /// Looks at what is mounted. To be called when that is all, and before anything else.
    virtual Status look() = 0;
    /// Where the controller is mounted; fails if it is not.
    [[nodiscard]] virtual Result<std::filesystem::path> mount_of(const std::string& controller) const = 0;

    [[nodiscard]] virtual Status create(const std::string& group,
                                        const std::vector<std::string>& controllers) const = 0;
    [[nodiscard]] virtual Status set(const std::string& group, const std::string& controller,
                                     const std::vector<KnobValue>& values) const = 0;
    [[nodiscard]] virtual Status attach(const std::string& group, const std::vector<std::string>& controllers,
                                        pid_t pid) const = 0;
    /// The group must be empty.
    [[nodiscard]] virtual Status remove(const std::string& group, const std::string& controller) const = 0;
};

/// libcgroup, which keeps global state: a forked worker goes on with the parent's copy but shares nothing with it.
class LibCgroup final : public CgroupLibrary {
public:
    Status look() override;
    [[nodiscard]] Result<std::filesystem::path> mount_of(const std::string& controller) const override;
    [[nodiscard]] Status create(const std::string& group, const std::vector<std::string>& controllers) const override;
    [[nodiscard]] Status set(const std::string& group, const std::string& controller,
                             const std::vector<KnobValue>& values) const override;
    [[nodiscard]] Status attach(const std::string& group, const std::vector<std::string>& controllers,
                                pid_t pid) const override;
    [[nodiscard]] Status remove(const std::string& group, const std::string& controller) const override;
};

}  // namespace blkhang
