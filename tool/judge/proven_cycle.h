// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "judge/observation.h"
#include "judge/open_waits.h"

namespace blkhang {

/// A task of the cycle and its part in it.
struct DeadlockTask {
    std::int32_t pid;
    std::string comm;
    Awaited waits_for;
    std::vector<Awaited> holds;  ///< what the task before it waits for: kswapd holds up who waits for its progress
    Stack stack;                 ///< where it began to wait
};
struct Deadlock {
    enum class Kind { self, cycle, livelock };
    Kind kind;
    std::uint64_t closed_ns;          ///< of the wait that closed the cycle
    std::vector<DeadlockTask> tasks;  ///< each waits for the next, the last for the first
};
std::string_view to_string(Deadlock::Kind kind);
/// A task's part in words: "has queue vda frozen and waits for pcpu_alloc_mutex".
std::string role(const std::vector<Awaited>& holds, const Awaited& waits_for);
/// The same where it waits for what it holds itself: "waits for pcpu_alloc_mutex, which it owns itself".
std::string role_alone(const Awaited& waits_for);
/// "a[1] owns pcpu_alloc_mutex and waits for kswapd; kswapd0[2] waits for pcpu_alloc_mutex".
std::string describe(const Deadlock& deadlock);
std::vector<std::int32_t> pids_of(const Deadlock& deadlock);
/// One of its tasks waits for pcpu_alloc_mutex, so that nobody can take that while it stands.
bool is_over_percpu_mutex(const Deadlock& deadlock);
/// What speaks against such a cycle: "pcpu_alloc_mutex was taken 80 times meanwhile, to create per-CPU maps".
std::string taken_meanwhile(std::uint64_t times);

/// A cycle that stood long enough to be a deadlock, and what was seen of it since: a real one ends by a kill or not at
/// all, and whoever looks finds its tasks where they wait.
class ProvenCycle {
public:
    explicit ProvenCycle(Deadlock deadlock) : deadlock_(std::move(deadlock)) {}
    [[nodiscard]] const Deadlock& deadlock() const { return deadlock_; }

    /// Where a first, short telling of the waits left them out.
    void add_stacks(const std::vector<seen::Wait>& waits);
    /// Its tasks may be killed from here on; streams that do not tell kills tell at least that.
    void recovery_begins() { recovery_began_ = true; }
    void killed(const seen::Kill& kill);
    /// One of its waits was told again: it has not ended.
    void told_again(const seen::Wait& wait);
    /// The circle of waits is open: some wait of it ended, or what it was for was released.
    void opened(std::uint64_t at_ns);
    void recovered(const seen::Recovery& recovery);
    /// So often pcpu_alloc_mutex was taken since the cycle over it closed.
    void mutex_was_taken(std::uint64_t times);
    void looked_at(const seen::BlockedTask& task, OpenWaits::Look look);
    /// The end of a wait may be among them: from now on the proof needs each of its tasks to have been found blocked.
    void events_lost();

    /// How long it stood, if it ended without a kill.
    [[nodiscard]] std::optional<std::uint64_t> ended_by_itself_after_ns() const;
    [[nodiscard]] bool was_found_elsewhere() const { return !elsewhere_.empty(); }
    [[nodiscard]] bool is_open() const { return opened_ns_.has_value(); }
    /// What contradicts it, in words; empty if nothing does. A task that was found in no wait may have been woken
    /// without our being told, where events were lost.
    [[nodiscard]] std::string contradiction(std::uint64_t lost_events) const;

private:
    [[nodiscard]] bool opened_by_kill() const;

    Deadlock deadlock_;
    bool recovery_began_ = false;
    std::optional<std::uint64_t> killed_ns_;  ///< the first of its tasks
    bool was_killed_ = false;                 ///< by what the recovery says, where kills are not told
    std::optional<std::uint64_t> opened_ns_;
    bool needs_looks_ = false;
    std::uint64_t mutex_taken_ = 0;                        ///< while it seemed to stand
    std::set<std::int32_t> blocked_;                       ///< tasks that were found so
    std::map<std::int32_t, seen::BlockedTask> elsewhere_;  ///< tasks whose stacks were outside of their waits
    std::map<std::int32_t, seen::BlockedTask> awake_;      ///< in no sleep, and nothing more is known
};

}  // namespace blkhang
