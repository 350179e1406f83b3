// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

namespace blkhang {

/// What is counted of each trigger, as it is called in the fields of a run's load.
namespace trigger_count {

inline constexpr std::string_view kAttempts = "attempts";  ///< begun; one more than have ended while one is stuck
inline constexpr std::string_view kSuccesses = "successes";
inline constexpr std::string_view kTrials = "trials";  ///< successes that could have closed the profile's cycle
inline constexpr std::string_view kFailures = "failures";
inline constexpr std::string_view kErrno = "errno";  ///< of the last failure; absent while there is none

// What it was asked to do. Older streams do not say.
inline constexpr std::string_view kPauseMs = "pause_ms";  ///< for as long no attempt ends though all is well
inline constexpr std::string_view kAtMost = "at_most";    ///< attempts; 0: as many as there is time for

}  // namespace trigger_count

/// All fields of triggers begin with this.
inline constexpr std::string_view kTriggerPrefix = "trigger_";

/// The field of the load that has this count of this trigger: "trigger_switch_attempts".
std::string trigger_field(std::string_view trigger, std::string_view count);

/// The trigger whose `count` the field has; empty if it is another field.
std::string_view trigger_of(std::string_view field, std::string_view count);

}  // namespace blkhang
