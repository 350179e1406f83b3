// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/cgroup_library.h"
#include "stage/ledger.h"

namespace blkhang {

/// A throttle for one disk, named as the kernel wants it: "MAJOR:MINOR".
struct DiskThrottle {
    std::string disk;
    Throttle limits;
};

/// Makes, throttles and removes cgroups, in whichever hierarchy is mounted: `io` and `memory` on v2, `blkio` and (where
/// the kernel has it) `memory` on v1. All are below one group of ours, and that is what the ledger is told of.
class CgroupTree {
public:
    /// Makes our own group, of that path below the mounts. `version` must not be automatic: the mounts are there by
    /// now. Fails if a controller that is needed is missing. Ledger and library outlive it.
    static Result<CgroupTree> open(Ledger& ledger, CgroupLibrary& library, CgroupVersion version, std::string group);

    /// Called before a throttle is written, with its place among those to write, and with nothing once it is.
    using Writes = std::function<void(std::optional<std::size_t>)>;
    /// Makes the group `name` below our own and sets its limits.
    [[nodiscard]] Status create(const std::string& name, const std::vector<DiskThrottle>& throttles,
                                const Writes& writes = {}) const;
    [[nodiscard]] Status attach(const std::string& name, pid_t pid) const;
    /// The group must be empty.
    [[nodiscard]] Status remove(const std::string& name) const;

    /// Of our own group, where the IO controller's files are.
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    /// The kernel's own IO statistics of all our groups together: io.stat on v2, of living and removed groups;
    /// blkio.throttle.io_service_bytes_recursive on v1, which forgets the removed ones.
    [[nodiscard]] std::filesystem::path statistics() const;
    /// Those of the group `name`; on v2 together with the groups below it.
    [[nodiscard]] std::filesystem::path statistics(const std::string& name) const;

    [[nodiscard]] CgroupVersion version() const { return version_; }
    [[nodiscard]] bool has_memory() const { return controllers_.size() > 1; }

private:
    CgroupTree(const CgroupLibrary& library, CgroupVersion version, std::string group)
        : library_(&library), version_(version), group_(std::move(group)) {}
    [[nodiscard]] std::string path_of(const std::string& name) const;

    const CgroupLibrary* library_;
    CgroupVersion version_;
    std::string group_;
    std::vector<std::string> controllers_;  ///< that for IO first
    std::filesystem::path directory_;
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
