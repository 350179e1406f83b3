// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "stage/ledger.h"
#include "stage/roots.h"
#include "stage/syscalls.h"

/// One change and how it is undone, once. Who asks may get stuck in a kernel that hangs: see stage/undo.h.
namespace blkhang {

/// A machine that changes are undone on.
struct ChangedMachine {
    const Roots& roots;
    Syscalls& calls;
};

/// A change in words: "swap on /dev/vdb".
std::string words_for(const MachineChange& change);
/// What undoes it by hand, for a shell.
std::string command_to_undo(const MachineChange& change);
/// For how long it is tried: what was opened by udev or a desktop is free again a moment later.
std::chrono::milliseconds patience_with(const MachineChange& change);
/// Is it still so after a reboot?
bool outlives_boot(const ChangedMachine& machine, const MachineChange& change);

/// Is it so now? An error if that cannot be told.
Result<bool> stands(const ChangedMachine& machine, const MachineChange& change);
/// Bytes that it holds; nothing if the kernel does not swap to it.
Result<std::optional<std::uint64_t>> held_by(const ChangedMachine& machine, const change::Swap& swap);
/// Tries to undo what stands. Fault::unsupported: there is no point in trying again.
Status undo_once(const ChangedMachine& machine, const MachineChange& change);

/// Of the group of control and all below it.
std::set<pid_t> processes_in_group(const std::filesystem::path& directory);
/// SIGKILL to all of them.
Status kill_group(const ChangedMachine& machine, const std::filesystem::path& directory);

}  // namespace blkhang
