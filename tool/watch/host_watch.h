// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "run/evidence_sink.h"
#include "watch/finding.h"
#include "watch/vigil.h"

namespace blkhang {

struct WatchRequest {
    TierChoice tier = TierChoice::automatic;
    std::optional<std::chrono::seconds> duration;  ///< until it is told to end, if there is none
    std::filesystem::path out;                     ///< a record for each finding is made in here, once there is one
    std::filesystem::path metrics;                 ///< empty: none
    std::filesystem::path state;                   ///< what is known over a restart; empty: nothing
    std::string exec;                              ///< a command of the shell for each finding; empty: none
    VigilTerms terms;
    std::filesystem::path watchdog;  ///< that resets a host that is given up; empty: none
    bool panic_on_proof = false;     ///< a host that is given up panics
    /// Opens further ways out for evidence, in the process that watches, before anything is attached.
    std::function<Result<std::vector<std::unique_ptr<EvidenceSink>>>()> more_evidence = {};
};

/// What whoever asked for the watch is told while it goes on.
struct WatchListener {
    std::function<void(const seen::Tier&)> attached;
    std::function<void(const WatchStatus&)> status;  ///< twice a second, where nothing happens less often
    std::function<void(const Finding&)> finding;
    std::function<void(const std::string&)> notice;  ///< something that does not work, a sentence
};

/// What no probe sees while the ways of bios are left alone, in a sentence; and what else is missing.
std::string blind_to(const seen::Tier& tier);

/// Watches this host, until the time is over or an interrupt arrives (base/signals.h). Returns how it was then.
///
/// There are four processes, and a fifth that holds the watchdog if one is named. One watches: it attaches the probes,
/// judges and heals, has its memory locked, and writes to no file but the kernel's log. One writes records and metrics,
/// and one runs the command, for either may get stuck on a disk that is frozen. The one that was started waits for none
/// of them without a deadline, so that it ends when it is told to. What is attached goes away with the one that
/// watches, however that ends, and that dies with ours.
Result<WatchStatus> watch_host(const WatchRequest& request, const WatchListener& listener);

}  // namespace blkhang
