// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"

namespace blkhang {

/// What this program is, for readers who never heard of it.
inline constexpr std::string_view kWhatBlkhangIs =
    "a tool that provokes, in a guest, the hangs that are possible where block-cgroup IO, memory reclaim and per-CPU "
    "allocation meet, and proves them";

/// "3.2 s", "4.4 ms": as exact as anybody needs it. Given milliseconds.
std::string duration_words(double ms);

/// "owns pcpu_alloc_mutex and waits for kswapd".
std::string role(const Record::Task& task);

/// The same of a task of this cycle: of one that waits for what it holds itself that it does.
std::string part(const Record::Deadlock& deadlock, const Record::Task& task);

/// How long it stood, of a hang that is a livelock: "to the end of the run", if the run saw its end.
std::string_view until_when(const Record& record);

/// What happened, in one sentence: of a deadlock what was done, and in which functions. One more if a bug was planted.
std::string what_happened(const Record& record);

/// Its reasons, where they come before all else: of a run that found no deadlock, and of one that broke, whatever it
/// had seen until then.
std::vector<std::string> why(const Record& record);

/// How a deadlock is known, a sentence or two each: when it closed, how fast that was proven, whether a kill ended it;
/// then further_reasons(). Empty where why() tells.
std::vector<std::string> how_it_is_known(const Record& record);

/// Is the deadlock what the verdict is about? Of a run that broke it is what had been seen until then.
bool is_finding(const Record& record);

/// The verdict's reasons that what_happened() does not give already.
std::vector<std::string> further_reasons(const Record& record);

/// The tasks beside those of the cycle. Only those in state D were blocked when they were looked at; in a livelock
/// others loop for memory, which is no better.
struct TasksBeside {
    std::vector<const Record::Blocked*> blocked, looping, others;
};
/// Valid as long as the record is.
TasksBeside tasks_beside(const Record& record);
/// Where it is, innermost first, in at most so many functions and columns; of one that loops for memory where it tries
/// to free some, and whether it owns pcpu_alloc_mutex meanwhile.
std::string whereabouts(const Record::Blocked& task, std::size_t frames, std::size_t columns = std::string::npos);
/// Above those that were blocked; there must be something for them to be behind.
std::string_view blocked_heading(const Record& record);
/// Above those that loop.
inline constexpr std::string_view kLoopingHeading = "Running, but getting nowhere: looping for memory";
/// Above the others.
inline constexpr std::string_view kNotBlockedHeading = "Looked at, but not blocked";
/// "running"; the letter where there is no such word for it.
std::string state_words(char state);

/// What the reader can do now.
struct NextStep {
    std::string text;                   ///< one sentence or two
    std::vector<std::string> commands;  ///< that do it, for a shell
};
/// `directory` is where the record is, as the reader knows it. `as_shipped` tells that the run's profile
/// is_as_shipped(); else commands name the file in that directory. `on_host`: what a run on this host was given,
/// "--on-this-host ...", quoted for a shell; empty where that is not known any more.
std::vector<NextStep> next_steps(const Record& record, const std::string& directory = "DIR", bool as_shipped = false,
                                 const std::string& on_host = "");

}  // namespace blkhang
