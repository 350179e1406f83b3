// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judge/judge.h"

namespace blkhang {

/// What a watch tells of: each once, with a record of its own.
struct Finding {
    enum class Kind {
        hang,       ///< a proven deadlock, or a livelock that has stood for a minute
        hazard,     ///< a cycle of locks that closes some day, or one of waits that ended by itself
        long_wait,  ///< a task has waited for very long, and nothing closes a circle
        taken_back  ///< what looked like a hang and is none: told, but no finding
    };
    struct Task {
        std::int32_t pid;
        std::string comm;
        std::string waits_for;
        std::vector<std::string> holds;
        std::vector<std::string> stack;
    };

    Kind kind = Kind::hazard;
    std::uint64_t number = 0;  ///< of this watch, from 1 on
    std::string key;           ///< the same for the same cycle, whoever is in it
    std::string at;            ///< UTC, ISO 8601
    std::string release;       ///< of the kernel
    std::string tier;
    std::string summary;               ///< one line
    std::vector<std::string> reasons;  ///< the judge's, never empty
    std::vector<Task> tasks;           ///< those of the cycle, or who waits and who holds it up
    std::optional<bool> healed;        ///< not there unless it was tried
    std::string heal;                  ///< what was done, or would have been, or why nothing was; may be empty
    std::string record;                ///< its directory; empty if none is kept
};
std::string_view to_string(Finding::Kind kind);

/// How a watch is doing.
struct WatchStatus {
    std::string tier;
    double uptime_s = 0;
    std::uint64_t edges = 0;    ///< kinds of nestings seen
    double longest_wait_s = 0;  ///< of those that are open
    std::string longest_wait;   ///< in words; empty if nobody waits
    double longest_ever_s = 0;
    std::uint64_t waits = 0;  ///< seen so far
    std::uint64_t lost_events = 0;
    std::map<std::string, std::uint64_t> findings;  ///< by kind
    std::string last_finding;                       ///< its summary; empty if there is none
};

/// One line of JSON, whose member "t" says "finding" or "status".
std::string encode(const Finding& finding);
std::string encode(const WatchStatus& status);
Result<Finding> decode_finding(std::string_view json);
Result<WatchStatus> decode_status(std::string_view json);

/// What makes a hazard the same as one before, as the judge words it: its locks and disks, not its tasks and times.
std::string key_of_reason(std::string_view reason);
/// The key of a finding of this kind and reason.
std::string key_of_finding(Finding::Kind kind, std::string_view reason);
/// All that need not be told any more once this was told: that a hang goes over a cycle of locks is in it.
std::vector<std::string> keys_of(const Finding& finding);
/// Is this the name of a kind that is counted in a WatchStatus?
bool is_counted(std::string_view kind);
/// The same of a cycle of waits.
std::string key_of(const Deadlock& deadlock);

std::vector<Finding::Task> tasks_of(const Deadlock& deadlock);

}  // namespace blkhang
