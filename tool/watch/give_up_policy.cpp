// SPDX-License-Identifier: GPL-2.0-only
#include "watch/give_up_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "base/words.h"
#include "judge/dispatch.h"
#include "watch/fresh_look.h"

namespace blkhang {
namespace {

/// How long the looks may take before the host is kept.
constexpr std::uint64_t kLooksNs = 5 * kNsPerS;
/// From one look to the next, while a reset is on its way.
constexpr std::uint64_t kBetweenLooksNs = 2 * kNsPerS;

}  // namespace

GiveUpPolicy::GiveUpPolicy(const Deadlock& deadlock, std::uint64_t lost_events, std::uint64_t proven_ns,
                           std::chrono::nanoseconds patience)
    : deadlock_(deadlock),
      members_(deadlock.tasks.size()),
      proven_ns_(proven_ns),
      due_ns_(proven_ns + static_cast<std::uint64_t>(patience.count())) {
    if (deadlock.kind == Deadlock::Kind::livelock) {
        refuse("it goes over a wait for memory, which may end by itself");
    } else if (lost_events > 0) {
        refuse(fmt::format("events were lost: {}", lost_events));
    }
}

void GiveUpPolicy::refuse(std::string why) {
    if (why_not_.empty()) {
        why_not_ = std::move(why);
    }
}

void GiveUpPolicy::observe(const Observation& observation) {
    dispatch_only<seen::Wake, seen::Wait, seen::BlockedTask>(observation, [this](const auto& one) { on(one); });
}

void GiveUpPolicy::on(const seen::Wake& wake) {
    for (const auto& task : deadlock_.tasks) {
        if (task.pid == wake.pid && (wake.what.is_nothing() || wake.what == task.waits_for)) {
            refuse(fmt::format("the wait of {} has ended", task_name(task.comm, task.pid)));
        }
    }
}

void GiveUpPolicy::on(const seen::Wait& wait) {
    for (const auto& task : deadlock_.tasks) {
        if (task.pid == wait.pid && wait.at_ns > proven_ns_) {  // told again, it would have its first time
            refuse(fmt::format("{} began another wait", task_name(task.comm, task.pid)));
        }
    }
}

void GiveUpPolicy::on(const seen::BlockedTask& look) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const auto& task = deadlock_.tasks[i];
        const auto at_ns = look.at_ns.value_or(0);
        if (task.pid != look.pid || at_ns < due_ns_) {
            continue;
        }
        if (is_found_waiting(task, look)) {
            members_[i].seen_ns = at_ns;
        } else {
            refuse(fmt::format("a look did not find {} in its wait", task_name(task.comm, task.pid)));
        }
    }
}

std::vector<std::int32_t> GiveUpPolicy::to_look_at(std::uint64_t now_ns) const {
    std::vector<std::int32_t> pids;
    if (!why_not_.empty() || now_ns < due_ns_) {
        return pids;
    }
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (members_[i].seen_ns == 0 || now_ns >= members_[i].seen_ns + kBetweenLooksNs) {
            pids.push_back(deadlock_.tasks[i].pid);
        }
    }
    return pids;
}

GiveUpPolicy::Answer GiveUpPolicy::step(std::uint64_t now_ns) {
    const bool all_seen = std::ranges::all_of(members_, [](const Member& member) { return member.seen_ns != 0; });
    if (why_not_.empty() && !all_seen && now_ns >= due_ns_ + kLooksNs) {
        refuse("its tasks could not be looked at once more");
    }
    if (!why_not_.empty()) {
        return Answer::no;
    }
    return now_ns >= due_ns_ && all_seen ? Answer::give_up : Answer::wait;
}

}  // namespace blkhang
