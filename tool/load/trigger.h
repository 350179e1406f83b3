// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "load/disk.h"
#include "load/roles.h"
#include "load/shared.h"
#include "profile/profile.h"

namespace blkhang {

/// One write of a trigger: whole, in a single write(2), as kernel files want it.
struct Shot {
    std::filesystem::path file;
    std::string value;
    bool operator==(const Shot&) const = default;
};
/// What the trigger writes about this disk, in turn. `cgroup` is the directory of blkhang's own group.
std::vector<Shot> shots(const Trigger& trigger, const Disk& disk, const std::filesystem::path& cgroup);

/// The disks that the trigger is about, in turn.
std::vector<Disk> trigger_disks(const Trigger& trigger, const LoadSite& site);

/// Why this kernel cannot take what the trigger writes, all reasons: a file that it has not got, a scheduler that is
/// not in the list. Writes nothing.
std::vector<std::string> reasons_against(const Trigger& trigger, const LoadSite& site);

/// Writes each value once, for a trigger of the stage. A refusal is Fault::unsupported and names all that was refused.
Status write_once(const Trigger& trigger, const LoadSite& site);

/// Writes until it is killed, or until there is no fresh disk left. What it will write to is opened before the load
/// begins: opening a file takes memory, and a machine that hangs has none to give.
[[noreturn]] void play_trigger(const Trigger& trigger, const LoadSite& site, LoadCounters& counters,
                               TriggerCounters& own);

/// Writes it to its file, which is open for writing, and counts what came of it: as a success only if it `changes`
/// anything. True if the kernel took it.
bool fire(const Shot& shot, int fd, bool changes, TriggerCounters& counters);

}  // namespace blkhang
