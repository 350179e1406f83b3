// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "load/roles.h"
#include "load/shared.h"
#include "profile/profile.h"
#include "stage/load_site.h"

namespace blkhang {

/// One write of a trigger: whole, in a single write(2), as kernel files want it.
struct Shot {
    std::filesystem::path file;
    std::string value;
    bool may_close = true;   ///< the profile's cycle, if it changes anything
    bool must_grow = false;  ///< only a number above all that the file ever held changes anything
    bool in_table = false;   ///< the file lists all disks with their values, and does not hold just this one
    bool operator==(const Shot&) const = default;
};
/// A shot whose file is open for writing.
struct LoadedShot {
    Shot shot;
    Fd fd;
};
/// What a kernel file is set to, as far as it tells: a write of what is set already is no trial.
class Setting {
public:
    /// Could writing this, now, close the profile's cycle? Reads the file.
    bool is_trial(const Shot& shot);
    void wrote(const Shot& shot, bool taken);

private:
    std::optional<std::string> last_taken_;
    std::uint64_t largest_ = 0;
};
/// One disk as the trigger's target.
struct Target {
    std::vector<LoadedShot> shots;
    Setting setting = {};
    bool took_last = true;  ///< the write before, or there was none
};
/// What the trigger writes about this disk, in turn, to files below the site's roots.
std::vector<Shot> shots(const Trigger& trigger, const Disk& disk, const LoadSite& site);

/// The disks that the trigger is about, in turn.
std::vector<Disk> trigger_disks(const Trigger& trigger, const LoadSite& site);

/// Why this kernel cannot take what the trigger writes, all reasons: a file that it has not got, a scheduler that is
/// not in the list. Writes nothing.
std::vector<std::string> reasons_against(const Trigger& trigger, const LoadSite& site);

/// Tells the ledger what the trigger is going to change: what its files hold, and the fresh disks that it swaps to.
Status tell_of_trigger(const Trigger& trigger, const LoadSite& site);

/// Tells, and writes each value once, for a trigger of the stage. A refusal is Fault::unsupported and names all that
/// was refused.
Status write_once(const Trigger& trigger, const LoadSite& site);

/// Writes until it is killed, or until there is no fresh disk left. What it will write to is opened before the load
/// begins: opening a file takes memory, and a machine that hangs has none to give.
[[noreturn]] void play_trigger(const Trigger& trigger, const LoadSite& site, LoadCounters& counters,
                               TriggerCounters& own);

/// Writes it to its file, which is open for writing, and counts what came of the attempt: as a success only if it
/// `changes` anything. True if the kernel took it.
bool fire(const Shot& shot, int fd, bool changes, TriggerCounters& counters);

/// Fires the one of this disk's shots whose turn it is, and counts whether it was a trial. The attempt is counted
/// before anything that may block, so that whoever is stuck has begun more than have ended. One that follows a refused
/// one is no success: it may only say again what is so already. A kernel takes "none" for a disk without a scheduler,
/// and does nothing.
void fire_in_turn(Target& target, std::size_t round, TriggerCounters& counters);

}  // namespace blkhang
