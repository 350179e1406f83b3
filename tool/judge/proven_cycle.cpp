// SPDX-License-Identifier: GPL-2.0-only
#include "judge/proven_cycle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/limits.h"
#include "base/words.h"

namespace blkhang {
namespace {

constexpr char kBlocked = 'D';  // in uninterruptible sleep, as all waits are that cycles are made of
constexpr std::string_view kKilled = "SIGKILL to ";

std::string found(const seen::BlockedTask& task) {
    if (task.stack.empty()) {
        return fmt::format("{} was not blocked (state {}) when it was looked at", task_name(task.comm, task.pid),
                           task.state);
    }
    return fmt::format("{} was elsewhere ({}) when it was looked at", task_name(task.comm, task.pid),
                       task.stack.front());
}

}  // namespace

std::string_view to_string(Deadlock::Kind kind) {
    switch (kind) {
        case Deadlock::Kind::self:
            return "self";
        case Deadlock::Kind::cycle:
            return "cycle";
        case Deadlock::Kind::livelock:
            return "livelock";
    }
    return "unknown";
}

std::string role(const std::vector<Awaited>& holds, const Awaited& waits_for) {
    std::vector<std::string> parts;
    for (const auto& held : holds) {
        if (const auto possession = words_for(held).possession; !possession.empty()) {
            parts.push_back(in_words(held, possession));
        }
    }
    parts.push_back(in_words(waits_for, words_for(waits_for).waiting));
    return fmt::format("{}", fmt::join(parts, " and "));
}

std::string role_alone(const Awaited& waits_for) {
    return fmt::format("waits for {}, which it {} itself", to_string(waits_for), words_for(waits_for).got_by);
}

std::string describe(const Deadlock& deadlock) {
    std::vector<std::string> parts;
    for (const auto& task : deadlock.tasks) {
        if (parts.size() == limits::kTasksInWords) {
            parts.push_back(fmt::format("and so on, {} tasks in all", deadlock.tasks.size()));
            break;
        }
        parts.push_back(fmt::format(
            "{} {}", task_name(task.comm, task.pid),
            deadlock.kind == Deadlock::Kind::self ? role_alone(task.waits_for) : role(task.holds, task.waits_for)));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::vector<std::int32_t> pids_of(const Deadlock& deadlock) {
    std::vector<std::int32_t> pids;
    pids.reserve(deadlock.tasks.size());
    for (const auto& task : deadlock.tasks) {
        pids.push_back(task.pid);
    }
    return pids;
}

void ProvenCycle::add_stacks(const std::vector<seen::Wait>& waits) {
    for (auto& task : deadlock_.tasks) {
        const auto told = std::ranges::find_if(
            waits, [&](const seen::Wait& wait) { return wait.pid == task.pid && wait.what == task.waits_for; });
        if (task.stack.empty() && told != waits.end()) {
            task.stack = told->stack;
        }
    }
}

void ProvenCycle::killed(const seen::Kill& kill) {
    const auto pids = pids_of(deadlock_);
    if (!killed_ns_ && std::ranges::find(pids, kill.pid) != pids.end()) {
        killed_ns_ = kill.at_ns;
    }
}

void ProvenCycle::told_again(const seen::Wait& wait) {
    const bool is_of_cycle = std::ranges::any_of(
        deadlock_.tasks, [&](const DeadlockTask& task) { return task.pid == wait.pid && task.waits_for == wait.what; });
    if (needs_looks_ && is_of_cycle && wait.at_ns <= deadlock_.closed_ns) {
        blocked_.insert(wait.pid);
    }
}

void ProvenCycle::opened(std::uint64_t at_ns) {
    if (!opened_ns_) {
        opened_ns_ = at_ns;
    }
}

bool is_over_percpu_mutex(const Deadlock& deadlock) {
    return std::ranges::any_of(deadlock.tasks,
                               [](const DeadlockTask& task) { return task.waits_for.is_percpu_mutex(); });
}

std::string taken_meanwhile(std::uint64_t times) {
    return fmt::format("pcpu_alloc_mutex was taken {} times meanwhile, to create per-CPU maps", times);
}

void ProvenCycle::mutex_was_taken(std::uint64_t times) {
    if (!killed_ns_ && !opened_ns_ && !recovery_began_ && !was_killed_) {
        mutex_taken_ = times;
    }
}

void ProvenCycle::recovered(const seen::Recovery& recovery) {
    was_killed_ = recovery.detail.starts_with(kKilled);
    recovery_began_ = false;  // what it did is known now
}

void ProvenCycle::looked_at(const seen::BlockedTask& task, OpenWaits::Look look) {
    const auto pids = pids_of(deadlock_);
    const bool is_old = task.at_ns && *task.at_ns < deadlock_.closed_ns;
    if (killed_ns_ || opened_ns_ || is_old || std::ranges::find(pids, task.pid) == pids.end()) {
        return;
    }
    if (look == OpenWaits::Look::contradicts) {
        elsewhere_.emplace(task.pid, task);
    } else if (look == OpenWaits::Look::agrees) {
        awake_.erase(task.pid);
        blocked_.insert(task.pid);
    } else if (task.state == kBlocked) {
        awake_.erase(task.pid);
    } else {
        awake_.emplace(task.pid, task);
    }
}

void ProvenCycle::events_lost() { needs_looks_ = needs_looks_ || (!killed_ns_ && !opened_ns_); }

bool ProvenCycle::opened_by_kill() const {
    return opened_ns_ && ((killed_ns_ && *opened_ns_ >= *killed_ns_) || (!killed_ns_ && was_killed_));
}

/// Not while it may still be told that there was a kill.
std::optional<std::uint64_t> ProvenCycle::ended_by_itself_after_ns() const {
    const bool may_be_killed = recovery_began_ && !killed_ns_;
    const bool by_itself = opened_ns_ && !opened_by_kill() && !may_be_killed && elsewhere_.empty();
    return by_itself ? std::optional(*opened_ns_ - std::min(*opened_ns_, deadlock_.closed_ns)) : std::nullopt;
}

/// A task that waits for a mutex of its own may spin: alone, its being awake says nothing.
std::string ProvenCycle::contradiction(std::uint64_t lost_events) const {
    if (!elsewhere_.empty()) {
        return found(elsewhere_.begin()->second);
    }
    if (mutex_taken_ > 0) {
        return taken_meanwhile(mutex_taken_);
    }
    const bool all_awake = awake_.size() == deadlock_.tasks.size() && deadlock_.tasks.size() > 1;
    if (!awake_.empty() && (lost_events > 0 || all_awake)) {
        return found(awake_.begin()->second);
    }
    if (needs_looks_ && blocked_.size() < deadlock_.tasks.size()) {
        return "not all of them were found in their waits afterwards";
    }
    if (opened_ns_ && recovery_began_ && !killed_ns_) {
        return "it ended, and nothing tells whether by a kill";
    }
    return {};
}

}  // namespace blkhang
