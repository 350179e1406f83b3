// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_graph.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace blkhang {
namespace {

constexpr auto kWhenever = std::numeric_limits<std::uint64_t>::max();

bool is_for_percpu_mutex(const seen::Wait& wait) { return wait.kind == WaitKind::mutex && wait.what == kPercpuMutex; }

}  // namespace

bool owns_percpu_mutex(const seen::Wait& wait) {
    return wait.owns_percpu_mutex || (is_for_percpu_mutex(wait) && wait.pid != 0 && wait.holder_pid == wait.pid);
}

void WaitGraph::begin(const seen::Wait& wait) {
    if (owns_percpu_mutex(wait)) {
        last_named_owner_ = wait.pid;
    } else if (is_for_percpu_mutex(wait) && wait.holder_pid != 0) {
        last_named_owner_ = wait.holder_pid;
    }
    const bool is_reminder =
        wait.kind == WaitKind::memory && find(wait.pid) != nullptr && find(wait.pid)->kind == WaitKind::memory;
    if (!is_reminder) {
        open_.insert_or_assign(wait.pid, wait);
    }
}

void WaitGraph::end(const seen::Wake& wake) {
    const auto found = open_.find(wake.pid);
    if (found == open_.end()) {
        return;
    }
    const seen::Wait& wait = found->second;
    const bool exited = wake.what.empty();
    if (exited || (wake.kind == wait.kind && wake.what == wait.what)) {
        open_.erase(found);
    }
}

void WaitGraph::forget_open_waits() {
    open_.clear();
    freezers_.clear();
    last_named_owner_ = 0;
}

void WaitGraph::change(const seen::Freeze& freeze) {
    auto& freezers = freezers_[frozen_queue(freeze.disk)];
    if (freeze.frozen) {
        freezers.insert(freeze.pid);
    } else if (freeze.pid != 0) {
        freezers.erase(freeze.pid);
    } else {
        freezers.clear();
    }
}

const seen::Wait* WaitGraph::find(std::int32_t pid) const {
    const auto found = open_.find(pid);
    return found == open_.end() ? nullptr : &found->second;
}

const seen::Wait* WaitGraph::owner_of_percpu_mutex() const {
    const seen::Wait* owner = find(last_named_owner_);
    return owner != nullptr && owns_percpu_mutex(*owner) ? owner : nullptr;
}

WaitGraph::Cycle WaitGraph::owners_of(const seen::Wait& wait) const {
    Cycle owners;
    for (const auto& [pid, other] : open_) {
        const bool slept_when_named = pid == wait.holder_pid && other.at_ns <= wait.at_ns;
        const bool said_so = other.owns && std::ranges::find(*other.owns, wait.what) != other.owns->end();
        if (slept_when_named || said_so) {
            owners.push_back(&other);
        }
    }
    return owners;
}

WaitGraph::Cycle WaitGraph::holders_of(const seen::Wait& wait) const {
    Cycle holders;
    const auto add = [&holders](const seen::Wait* holder) {
        if (holder != nullptr) {
            holders.push_back(holder);
        }
    };
    switch (wait.kind) {
        case WaitKind::kswapd:
            add(find(wait.holder_pid));
            break;
        case WaitKind::mutex:
            if (!is_for_percpu_mutex(wait)) {
                return owners_of(wait);
            }
            add(owner_of_percpu_mutex());
            break;
        case WaitKind::drain:
            return owners_of(wait);
        case WaitKind::queue:
            if (const auto found = freezers_.find(wait.what); found != freezers_.end()) {
                for (const auto pid : found->second) {
                    add(find(pid));
                }
            }
            break;
        case WaitKind::memory:
            for (const auto& [pid, other] : open_) {
                // Not the one that waits, though it reclaims, too: it is not what keeps itself from going on.
                if (pid != wait.pid && other.reclaims.value_or(false)) {
                    add(&other);
                }
            }
            break;
    }
    return holders;
}

/// The shortest way along holders: `from`, then who holds it up, and so on to one held up by `to`; empty if none.
WaitGraph::Cycle WaitGraph::way(const seen::Wait& from, const seen::Wait& to, Along along) const {
    std::map<const seen::Wait*, const seen::Wait*> came_from{{&from, nullptr}};
    std::deque<const seen::Wait*> reached{&from};
    while (!reached.empty()) {
        const auto* wait = reached.front();
        reached.pop_front();
        if (wait->kind == WaitKind::memory && !along.memory) {
            continue;
        }
        for (const auto* holder : holders_of(*wait)) {
            if (holder->at_ns > along.latest_ns) {
                continue;
            }
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
    for (const auto& [pid, start] : open_) {
        if (auto found = way(start, start, {false, kWhenever}); !found.empty()) {
            return found;
        }
    }
    return {};
}

WaitGraph::Cycle WaitGraph::livelock_of(std::uint64_t latest_ns) const {
    for (const auto& [pid, start] : open_) {
        if (start.kind == WaitKind::memory && start.at_ns <= latest_ns) {
            if (auto found = way(start, start, {true, latest_ns}); !found.empty()) {
                return found;
            }
        }
    }
    return {};
}

WaitGraph::Cycle WaitGraph::livelock() const {
    if (livelock_of(kWhenever).empty()) {
        return {};
    }
    std::vector<std::uint64_t> times;
    times.reserve(open_.size());
    for (const auto& [pid, wait] : open_) {
        times.push_back(wait.at_ns);
    }
    std::ranges::sort(times);
    // Each wait that joins can close a cycle, and opens none.
    const auto closed =
        std::ranges::partition_point(times, [this](std::uint64_t ns) { return livelock_of(ns).empty(); });
    return livelock_of(*closed);
}

}  // namespace blkhang
