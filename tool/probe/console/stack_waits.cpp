// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/stack_waits.h"

#include <algorithm>
#include <set>
#include <utility>

#include "diagnose/stack_reading.h"
#include "kernels/functions.h"
#include "kernels/locks.h"

namespace blkhang {
namespace {

bool is_certain(const StackHold* hold) { return hold != nullptr && hold->certainty == Certainty::certain; }

/// It writes swap, so that the queue it wants to enter is that of what is swapped to.
bool swaps_out(const StackReading& reading) {
    return std::ranges::any_of(reading.frames, [](const std::string& frame) {
        return std::ranges::find(functions::kSwapOut, frame) != functions::kSwapOut.end() || frame == "swap_writepage";
    });
}

}  // namespace

bool StackWaits::stands(const Standing& standing) {
    return standing.looks >= kStandsLooks && standing.latest_ns - standing.since_ns >= kStandsNs;
}

bool StackWaits::is_frozen(const std::string& disk) const {
    return std::ranges::any_of(by_pid_,
                               [&](const auto& one) { return one.second.freeze && one.second.freeze->disk == disk; });
}

void StackWaits::end(std::uint64_t at_ns, Standing& standing, const Sink& sink) {
    if (standing.wait) {
        sink(seen::Wake{at_ns, standing.task.pid, standing.wait->what});
    }
    if (standing.freeze) {
        auto released = *standing.freeze;
        released.at_ns = at_ns;
        released.frozen = false;
        sink(released);
    }
    standing.wait.reset();
    standing.freeze.reset();
}

void StackWaits::note(std::uint64_t ended_ns, const StackSample& sample, const Sink& sink) {
    const auto looked_at_ns = sample.task.at_ns.value_or(ended_ns);
    const auto [found, added] = by_pid_.try_emplace(sample.task.pid);
    auto& standing = found->second;
    if (!added && looked_at_ns < standing.latest_ns) {
        return;
    }
    if (!added && sample.switches && standing.task.comm == sample.task.comm &&
        standing.task.stack == sample.task.stack && standing.disk == sample.disk && standing.limit == sample.limit &&
        standing.switches == sample.switches) {
        standing.latest_ns = looked_at_ns;
        standing.looks += 1;
        return;
    }
    end(looked_at_ns, standing, sink);
    standing = {sample.task, sample.disk, sample.limit, sample.switches, looked_at_ns, looked_at_ns, 1};
}

void StackWaits::tell_freeze(Standing& standing, const Sink& sink) {
    if (standing.freeze || standing.disk.empty() || !is_certain(find_hold(*standing.reading, Thing::frozen_queue))) {
        return;
    }
    standing.freeze = seen::Freeze{standing.since_ns, standing.task.pid, standing.task.comm, standing.disk, true};
    sink(*standing.freeze);
}

/// Whose queue it uses while it writes a limit for it; empty if that is not certain.
std::string StackWaits::disk_used(const Standing& standing) const {
    const bool uses =
        standing.limit && limits_use_queue_ && find_hold(*standing.reading, Thing::queue_users) != nullptr;
    return uses ? standing.limit->disk : std::string{};
}

std::optional<Awaited> StackWaits::awaited(const Standing& standing) const {
    const auto& reading = *standing.reading;
    if (waits_for(reading, Thing::lock, kPercpuMutex) && reading.wait->certainty == Certainty::certain) {
        return Awaited::percpu_mutex();
    }
    if (waits_for(reading, Thing::frozen_queue) && !swap_disk_.empty() && swaps_out(reading) && is_frozen(swap_disk_)) {
        return Awaited::frozen_queue(swap_disk_);
    }
    const bool drains = waits_for(reading, Thing::queue_users) && standing.freeze;
    if (drains && standing.latest_ns - standing.since_ns >= kDrainsNs) {
        return Awaited::users_of_queue(standing.freeze->disk);
    }
    return std::nullopt;
}

void StackWaits::tell_wait(Standing& standing, const Sink& sink) const {
    if (standing.wait) {
        return;
    }
    const auto what = awaited(standing);
    if (!what) {
        return;
    }
    const bool owns = is_certain(find_hold(*standing.reading, Thing::lock, kPercpuMutex));
    standing.wait = seen::Wait{standing.since_ns,
                               standing.task.pid,
                               standing.task.comm,
                               *what,
                               owns && what->is_percpu_mutex() ? standing.task.pid : 0,
                               owns,
                               standing.task.stack};
    if (const auto disk = disk_used(standing); !disk.empty()) {
        standing.wait->owns = std::vector{Awaited::users_of_queue(disk)};
    }
    sink(*standing.wait);
}

bool StackWaits::was_looked_for(const BlockedLook& look, std::int32_t pid, const Standing& standing) {
    return standing.latest_ns <= look.began_ns &&
           (!look.only || std::ranges::find(*look.only, pid) != look.only->end());
}

void StackWaits::observe(const BlockedLook& look, const Sink& sink) {
    std::set<std::int32_t> blocked;
    for (const auto& sample : look.tasks) {
        if (!sample.task.stack.empty()) {
            blocked.insert(sample.task.pid);
            note(look.ended_ns, sample, sink);
        }
    }
    for (auto one = by_pid_.begin(); one != by_pid_.end();) {
        if (blocked.contains(one->first) || !was_looked_for(look, one->first, one->second)) {
            ++one;
            continue;
        }
        end(look.ended_ns, one->second, sink);
        one = by_pid_.erase(one);
    }
    // Who has a queue frozen before who waits for it.
    for (auto& [pid, standing] : by_pid_) {
        if (!stands(standing)) {
            continue;
        }
        if (!standing.reading) {
            standing.reading = read_stack(log_stack(standing.task.stack), standing.task.state, version_);
        }
        tell_freeze(standing, sink);
    }
    for (auto& [pid, standing] : by_pid_) {
        if (standing.reading) {
            tell_wait(standing, sink);
        }
    }
}

void StackWaits::retell(const Sink& sink) const {
    for (const auto& [pid, standing] : by_pid_) {
        if (standing.freeze) {
            sink(*standing.freeze);
        }
    }
    for (const auto& [pid, standing] : by_pid_) {
        if (standing.wait) {
            sink(*standing.wait);
        }
    }
}

}  // namespace blkhang
