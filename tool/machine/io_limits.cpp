// SPDX-License-Identifier: GPL-2.0-only
#include "machine/io_limits.h"

#include <array>
#include <string_view>

#include "base/words.h"
#include "machine/cgroup_walk.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepestGroup = 32;

struct LimitFile {
    int version;
    std::string_view file, knob;
};
constexpr std::array kLimitFiles{
    LimitFile{2, "io.max", "io.max"},
    LimitFile{2, "io.latency", "io.latency"},
    LimitFile{2, "io.cost.qos", "io.cost.qos"},
    LimitFile{1, "blkio.throttle.read_bps_device", "io.max"},
    LimitFile{1, "blkio.throttle.write_bps_device", "io.max"},
    LimitFile{1, "blkio.throttle.read_iops_device", "io.max"},
    LimitFile{1, "blkio.throttle.write_iops_device", "io.max"},
};

/// io.cost keeps a line for a disk once it was told of it; only this one is in force.
bool is_in_force(std::string_view knob, const std::string& rule) {
    return knob != "io.cost.qos" || has_word(rule, "enable=1");
}

}  // namespace

std::vector<IoLimit> read_io_limits(HostReader& reader, const std::vector<CgroupMount>& mounts) {
    std::vector<IoLimit> limits;
    const auto look = [&](int version, const fs::path& directory, const std::string& group) {
        for (const LimitFile& each : kLimitFiles) {
            if (each.version != version) {
                continue;
            }
            for (const std::string& line : reader.lines(directory / each.file)) {
                const auto blank = line.find(' ');
                const std::string rule = blank == std::string::npos ? "" : stripped(line.substr(blank));
                if (line.find(':') < blank && !rule.empty() && is_in_force(each.knob, rule)) {
                    limits.push_back(
                        {group, std::string(each.file), std::string(each.knob), line.substr(0, blank), rule});
                }
            }
        }
    };
    for (const CgroupMount& mount : mounts) {
        const bool all = walk_groups(
            reader.below_roots(mount.path), kDeepestGroup,
            [&](const fs::path& directory, const std::string& group) { look(mount.version, directory, group); });
        if (!all) {
            reader.leave_out("some of the cgroups below " + mount.path.string() + ": there are too many");
        }
    }
    return limits;
}

}  // namespace blkhang
