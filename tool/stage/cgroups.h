// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// A throttle for one disk, named as the kernel wants it: "MAJOR:MINOR".
struct DiskThrottle {
    std::string disk;
    Throttle limits;
};

/// Makes, throttles and removes cgroups through libcgroup, in whichever hierarchy is mounted: `io` and `memory` on v2,
/// `blkio` and (where the kernel has it) `memory` on v1. One process, one CgroupTree: libcgroup keeps global state, so
/// a forked worker goes on with the parent's copy but shares nothing with it.
class CgroupTree {
public:
    /// `version` must not be automatic: the mounts are there by now. Fails if a controller that is needed is missing.
    static Result<CgroupTree> open(CgroupVersion version);

    /// Makes the group `name` below blkhang's own group and sets its limits.
    Status create(const std::string& name, const std::vector<DiskThrottle>& throttles) const;
    Status attach(const std::string& name, pid_t pid) const;
    /// The group must be empty.
    Status remove(const std::string& name) const;

    /// Of our own group, where the IO controller's files are.
    [[nodiscard]] Result<std::filesystem::path> directory() const;
    /// The kernel's own IO statistics of all our groups together: io.stat on v2, of living and removed groups;
    /// blkio.throttle.io_service_bytes_recursive on v1, which forgets the removed ones.
    [[nodiscard]] Result<std::filesystem::path> statistics() const;

    [[nodiscard]] CgroupVersion version() const { return version_; }
    [[nodiscard]] bool has_memory() const { return has_memory_; }

private:
    CgroupTree(CgroupVersion version, bool has_memory) : version_(version), has_memory_(has_memory) {}
    CgroupVersion version_;
    bool has_memory_;
};

/// One knob of a cgroup and what is written to it.
struct KnobValue {
    std::string knob, value;
    bool operator==(const KnobValue&) const = default;
};
/// How a throttle is spelled: one io.max line on v2, up to four blkio.throttle.* lines on v1. Empty if nothing is
/// limited.
std::vector<KnobValue> throttle_values(CgroupVersion version, const DiskThrottle& throttle);

/// Which of those knobs the kernel lacks: those that are not in the directory of a group, each once.
std::vector<std::string> missing_knobs(CgroupVersion version, const std::vector<DiskThrottle>& throttles,
                                       const std::filesystem::path& group);

/// Bytes that such statistics say were written to the disk ("MAJOR:MINOR"); nothing if it is not in there.
std::optional<std::uint64_t> written_bytes(CgroupVersion version, std::string_view statistics, std::string_view disk);

}  // namespace blkhang
