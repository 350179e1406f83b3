// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/process.h"
#include "base/result.h"
#include "stage/host_site.h"
#include "stage/staging.h"

namespace blkhang {

/// Bounds of all that runs in a scope; those of its memory are what the OOM killer heeds.
struct ScopeBounds {
    std::uint64_t memory = 0;  ///< bytes; 0: none
    std::uint64_t tasks = 0;   ///< processes and threads; 0: none
};

/// A scope of systemd's that is ours alone. Made with systemd-run, which needs no D-Bus for that. Directories made
/// beside it would lose the io controller at systemd's next daemon-reload (measured on 252: io.max was gone); those
/// below a delegated scope keep it.
///
/// A process that does nothing keeps it, until it is stopped or this goes out of scope.
class DelegatedScope {
public:
    /// `name` without ".scope". The ledger is told before.
    static Result<DelegatedScope> make(const Staging& staging, const std::string& name, const ScopeBounds& bounds,
                                       Deadline deadline);

    /// Where the load's groups are to be: its path below the mounts.
    [[nodiscard]] const CgroupPlace& place() const { return place_; }
    /// Of the scope itself, where the block controller's files are.
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    /// Moves a process into the group of who watches: processes and groups of the load may not be in one (cgroup v2).
    /// On v1 into the scope in each hierarchy that has it, so that its bounds hold.
    [[nodiscard]] Status admit(pid_t pid) const;

private:
    DelegatedScope(Child keeper, CgroupPlace place, std::filesystem::path directory, std::filesystem::path mounts)
        : keeper_(std::move(keeper)),
          place_(std::move(place)),
          directory_(std::move(directory)),
          mounts_(std::move(mounts)) {}
    Child keeper_;
    CgroupPlace place_;
    std::filesystem::path directory_;
    std::filesystem::path mounts_;  ///< where the hierarchies are
};

/// Which version's hierarchy has the block controller on this host. Fault::unsupported if none has.
Result<CgroupVersion> block_controller(const Roots& roots);

/// The path of a process's group in the hierarchy that has this controller, as /proc/PID/cgroup tells; of cgroup v2 if
/// it is empty. Nothing if it has none there.
std::optional<std::string> group_of(std::string_view proc_pid_cgroup, std::string_view controller);

}  // namespace blkhang
