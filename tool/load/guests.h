// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "load/guest_console.h"
#include "load/shared.h"
#include "profile/profile.h"
#include "stage/load_site.h"

namespace blkhang {

/// Who hears of a load that is being made.
struct MusterListener {
    std::function<void()> still_alive = [] {};  ///< now and then
    std::function<void(std::string)> note = [](const auto& /*text*/) {
    };  ///< what was chosen, or went wrong, in a sentence
};

/// How long machines may take until they write. One that does not boot under KVM for so long is tried without.
struct GuestPatience {
    std::chrono::milliseconds test_boot = std::chrono::seconds(60);
    std::chrono::milliseconds first = std::chrono::seconds(90);    ///< from its start to its first writes
    std::chrono::milliseconds further = std::chrono::seconds(20);  ///< on top, for each of all of them together
};
/// The longest that start_guests() takes.
std::chrono::seconds longest_start(std::uint32_t guests);

/// A machine writes once it has written so many blocks.
inline constexpr std::uint64_t kFirstBlocks = 4;

/// The virtual machines of a load.
struct StartedGuests {
    std::vector<pid_t> pids;   ///< of QEMU
    std::vector<Fd> consoles;  ///< what each says, in their order; at its end once QEMU is gone
    std::vector<Fd> messages;  ///< what QEMU says of it, likewise
    /// What it had said by the time that the load began: its last words may be among that.
    std::vector<GuestConsole> told;
};

/// Starts a profile's virtual machines one after the other, each in its groups, and waits for each until its group's
/// statistics show that it writes. With KVM if the first comes so far with it, else without. One that is late is noted
/// and runs on; one that ends before it writes, and a first one that is late, are errors. They die with this process.
Result<StartedGuests> start_guests(const Profile& profile, const LoadSite& site, const MusterListener& listener,
                                   const GuestPatience& patience = {});

/// Listens to all of them until it is killed, and counts what they say.
[[noreturn]] void play_guest_listener(const StartedGuests& guests, LoadCounters& counters);

}  // namespace blkhang
