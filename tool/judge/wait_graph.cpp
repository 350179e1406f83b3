// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_graph.h"

#include <algorithm>
#include <deque>

#include "judge/stack_tells.h"

namespace blkhang {
namespace {

bool is_for_percpu_mutex(const seen::Wait& wait) { return wait.kind == WaitKind::mutex && wait.what == kPercpuMutex; }

}  // namespace

bool owns_percpu_mutex(const seen::Wait& wait) {
    return wait.owns_percpu_mutex || (is_for_percpu_mutex(wait) && wait.pid != 0 && wait.holder_pid == wait.pid);
}

std::int32_t named_owner(const seen::Wait& wait) {
    if (owns_percpu_mutex(wait)) {
        return wait.pid;
    }
    return is_for_percpu_mutex(wait) ? wait.holder_pid : 0;
}

bool is_of_no_disk(const seen::Wait& wait) {
    const std::string_view what = wait.what;
    return what.substr(what.rfind(' ') + 1) == kNoDisk;
}

void WaitGraph::begin(const seen::Wait& wait) {
    const auto named = named_owner(wait);
    // What is told again, or late, says nothing of now. Of two at the same time, an owner knows best.
    const bool is_newer = wait.at_ns > last_named_ns_ || (wait.at_ns == last_named_ns_ && owns_percpu_mutex(wait));
    if (named != 0 && is_newer) {
        last_named_owner_ = named;
        last_named_ns_ = wait.at_ns;
    }
    open_.begin(wait);
}

void WaitGraph::end(const seen::Wake& wake) {
    open_.end(wake);
    if (wake.what.empty()) {  // it exited: who has its pid next froze nothing
        for (auto& [queue, freezers] : freezers_) {
            freezers.by_pid.erase(wake.pid);
        }
    }
}

void WaitGraph::doubt(std::uint64_t lost) {
    open_.doubt(lost);
    for (auto& [queue, freezers] : freezers_) {
        for (auto& [pid, frozen] : freezers.by_pid) {
            frozen.doubted = true;
            frozen.lost += lost;
        }
    }
}

/// Who has slept ever since it froze a queue, in a function that keeps one frozen, has not released it: if that was the
/// last that it froze. The release of one and the freeze of the next are two events; where both can be lost, a stack,
/// which names no queue, says nothing.
OpenWaits::Look WaitGraph::look(const seen::BlockedTask& task) {
    const auto result = open_.look(task);
    const auto* sleep = open_.sleep_of(task.pid);
    if (result == OpenWaits::Look::agrees && !sleep->doubted && shows_freezer(task)) {
        auto* latest = latest_freeze_of(task.pid);
        if (latest != nullptr && latest->lost <= 1 && latest->freeze.at_ns <= sleep->wait.at_ns) {
            *latest = Frozen{latest->freeze};  // as well known as if it had been told again
        }
    }
    return result;
}

WaitGraph::Frozen* WaitGraph::latest_freeze_of(std::int32_t pid) {
    Frozen* latest = nullptr;
    for (auto& [queue, freezers] : freezers_) {
        const auto found = freezers.by_pid.find(pid);
        if (found != freezers.by_pid.end() &&
            (latest == nullptr || latest->freeze.at_ns < found->second.freeze.at_ns)) {
            latest = &found->second;
        }
    }
    return latest;
}

/// What is told late says nothing of now.
void WaitGraph::change(const seen::Freeze& freeze) {
    auto& freezers = freezers_[frozen_queue(freeze.disk)];
    auto& by_pid = freezers.by_pid;
    if (freeze.frozen) {
        for (const auto releaser : {freeze.pid, std::int32_t{0}}) {
            const auto released = freezers.released_ns.find(releaser);
            if (released != freezers.released_ns.end() && freeze.at_ns < released->second) {
                return;
            }
        }
        by_pid.insert_or_assign(freeze.pid, Frozen{freeze});
        return;
    }
    auto& released_ns = freezers.released_ns[freeze.pid];
    released_ns = std::max(released_ns, freeze.at_ns);
    std::erase_if(by_pid, [&](const auto& one) {
        return (freeze.pid == 0 || one.first == freeze.pid) && one.second.freeze.at_ns <= freeze.at_ns;
    });
}

const seen::Wait* WaitGraph::wait_for_its_own(std::int32_t pid) const {
    const auto* sleep = open_.sleep_of(pid);
    const bool own =
        sleep != nullptr && !sleep->doubted && is_for_percpu_mutex(sleep->wait) && owns_percpu_mutex(sleep->wait);
    return own ? &sleep->wait : nullptr;
}

bool WaitGraph::is_open(const OpenWait& one, const Along& along) {
    return (along.doubted || !one.doubted) && (along.memory || one.wait.kind != WaitKind::memory) &&
           one.wait.at_ns <= along.latest_ns;
}

WaitGraph::Cycle WaitGraph::waits_of(std::int32_t pid, const Along& along) const {
    Cycle waits;
    // Someone in memory trouble who sleeps for now is held up by both.
    for (const auto* one : {open_.sleep_of(pid), open_.memory_wait_of(pid)}) {
        if (one != nullptr && is_open(*one, along)) {
            waits.push_back(&one->wait);
        }
    }
    return waits;
}

WaitGraph::Cycle WaitGraph::owners_of_percpu_mutex(const Along& along) const {
    Cycle owner;
    open_.each([&](const OpenWait& open) {
        // What is merely hinted at takes nothing away from what stands.
        const bool is_named = open.wait.pid == last_named_owner_ || along.doubted;
        if (is_named && owns_percpu_mutex(open.wait) && is_open(open, along)) {
            owner.push_back(&open.wait);
        }
    });
    return owner;
}

WaitGraph::Cycle WaitGraph::owners_of(const seen::Wait& wait, const Along& along) const {
    Cycle owners;
    open_.each([&](const OpenWait& other) {
        const auto& held = other.wait.owns;
        const bool slept_when_named = other.wait.pid == wait.holder_pid && other.wait.at_ns <= wait.at_ns;
        const bool said_so = held && std::ranges::find(*held, wait.what) != held->end();
        if ((slept_when_named || said_so) && is_open(other, along)) {
            owners.push_back(&other.wait);
        }
    });
    return owners;
}

WaitGraph::Cycle WaitGraph::freezers_of(const seen::Wait& wait, const Along& along) const {
    Cycle freezers;
    const auto found = freezers_.find(wait.what);
    if (found == freezers_.end()) {
        return freezers;
    }
    for (const auto& [pid, frozen] : found->second.by_pid) {
        if (along.doubted || !frozen.doubted) {
            std::ranges::copy(waits_of(pid, along), std::back_inserter(freezers));
        }
    }
    return freezers;
}

WaitGraph::Cycle WaitGraph::others_that_reclaim(const seen::Wait& wait, const Along& along) const {
    Cycle others;
    open_.each([&](const OpenWait& other) {
        // Not the one that waits, though it reclaims, too: it is not what keeps itself from going on.
        if (other.wait.pid != wait.pid && other.wait.reclaims.value_or(false) && is_open(other, along)) {
            others.push_back(&other.wait);
        }
    });
    return others;
}

WaitGraph::Cycle WaitGraph::holders_of(const seen::Wait& wait, const Along& along) const {
    if (is_of_no_disk(wait)) {
        return {};
    }
    switch (wait.kind) {
        case WaitKind::kswapd:
            return waits_of(wait.holder_pid, along);
        case WaitKind::mutex:
            return is_for_percpu_mutex(wait) ? owners_of_percpu_mutex(along) : owners_of(wait, along);
        case WaitKind::drain:
            return owners_of(wait, along);
        case WaitKind::queue:
            return freezers_of(wait, along);
        case WaitKind::memory:
            break;
    }
    return others_that_reclaim(wait, along);
}

/// The shortest way along holders: `from`, then who holds it up, and so on to one held up by `to`; empty if none.
WaitGraph::Cycle WaitGraph::way(const seen::Wait& from, const seen::Wait& to, const Along& along) const {
    std::map<const seen::Wait*, const seen::Wait*> came_from{{&from, nullptr}};
    std::deque<const seen::Wait*> reached{&from};
    while (!reached.empty()) {
        const auto* wait = reached.front();
        reached.pop_front();
        for (const auto* holder : holders_of(*wait, along)) {
            if (holder == &to) {
                Cycle way;
                for (; wait != nullptr; wait = came_from.at(wait)) {
                    way.insert(way.begin(), wait);
                }
                return way;
            }
            if (came_from.try_emplace(holder, wait).second) {
                reached.push_back(holder);
            }
        }
    }
    return {};
}

WaitGraph::Cycle WaitGraph::cycle() const {
    const Along along{};
    Cycle found;
    open_.each([&](const OpenWait& start) {
        if (found.empty() && is_open(start, along)) {
            found = way(start.wait, start.wait, along);
        }
    });
    return found;
}

WaitGraph::Cycle WaitGraph::livelock_of(std::uint64_t latest_ns) const {
    const Along along{.memory = true, .latest_ns = latest_ns};
    Cycle found;
    open_.each([&](const OpenWait& start) {
        if (found.empty() && start.wait.kind == WaitKind::memory && is_open(start, along)) {
            found = way(start.wait, start.wait, along);
        }
    });
    return found;
}

WaitGraph::Cycle WaitGraph::livelock() const {
    if (livelock_of(UINT64_MAX).empty()) {
        return {};
    }
    std::vector<std::uint64_t> times;
    times.reserve(open_.size());
    open_.each([&](const OpenWait& one) { times.push_back(one.wait.at_ns); });
    std::ranges::sort(times);
    // Each wait that joins can close a cycle, and opens none.
    const auto closed =
        std::ranges::partition_point(times, [this](std::uint64_t ns) { return livelock_of(ns).empty(); });
    return livelock_of(*closed);
}

bool WaitGraph::stands(const std::vector<std::int32_t>& pids) const {
    const Along along{.doubted = true};
    for (std::size_t i = 0; i < pids.size(); ++i) {
        const auto next = pids[(i + 1) % pids.size()];
        const auto* sleep = open_.sleep_of(pids[i]);
        const auto holders = sleep != nullptr ? holders_of(sleep->wait, along) : Cycle{};
        if (std::ranges::none_of(holders, [&](const auto* holder) { return holder->pid == next; })) {
            return false;
        }
    }
    return true;
}

std::vector<seen::Freeze> WaitGraph::freezes_of(const std::vector<std::int32_t>& pids) const {
    std::vector<seen::Freeze> freezes;
    for (const auto& [queue, freezers] : freezers_) {
        for (const auto& [pid, frozen] : freezers.by_pid) {
            if (!frozen.doubted && std::ranges::find(pids, pid) != pids.end()) {
                freezes.push_back(frozen.freeze);
            }
        }
    }
    return freezes;
}

}  // namespace blkhang
