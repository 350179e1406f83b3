// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_graph.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/limits.h"
#include "judge/stack_tells.h"

namespace blkhang {
namespace {

/// Who holds up a task that waits: bpf/waits.def says it of each kind.
enum class HeldBy { named, owners, freezers, reclaimers };
constexpr std::array<HeldBy, kWaitKindCount> kHeldBy{
#define WAIT(tag, name, held_by, shown) HeldBy::held_by,
#include "waits.def"
};

/// What others wait for in vain while this one sleeps, as far as it says so itself. Valid as long as the wait is.
template <class Sink>
void each_held(const seen::Wait& wait, const Sink& sink) {
    static const Awaited percpu_mutex = Awaited::percpu_mutex();
    static const Awaited memory = Awaited::memory();
    if (owns_percpu_mutex(wait)) {
        sink(percpu_mutex);
    }
    if (wait.reclaims.value_or(false)) {
        sink(memory);
    }
    for (std::size_t i = 0; wait.owns && i < wait.owns->size(); ++i) {
        sink((*wait.owns)[i]);
    }
}

/// By then this task did not keep the queue frozen any more; none of those that did, if its pid is 0.
template <class Freezers>
void release(Freezers& freezers, std::int32_t pid, std::uint64_t at_ns) {
    auto& released_ns = freezers.released_ns[pid];
    released_ns = std::max(released_ns, at_ns);
    if (freezers.released_ns.size() > limits::kFreezers) {  // the oldest is least likely to be asked for
        freezers.released_ns.erase(
            std::ranges::min_element(freezers.released_ns, {}, [](const auto& released) { return released.second; }));
    }
    std::erase_if(freezers.by_pid,
                  [&](const auto& one) { return (pid == 0 || one.first == pid) && one.second.freeze.at_ns <= at_ns; });
}

/// Of the cycles there are, the one that closed first: who joins later, and closes another, takes nothing away from how
/// long that has stood. find(latest) finds one among the waits that had begun by then.
template <class Find>
auto first_closed(const OpenWaits& open, const Find& find) {
    auto any = find(UINT64_MAX);
    if (any.empty()) {
        return any;
    }
    std::vector<std::uint64_t> times;
    times.reserve(open.size());
    open.each([&](const OpenWait& one) { times.push_back(one.wait.at_ns); });
    std::ranges::sort(times);
    // Each wait that joins can close a cycle, and opens none.
    return find(*std::ranges::partition_point(times, [&](std::uint64_t ns) { return find(ns).empty(); }));
}

}  // namespace

bool owns_percpu_mutex(const seen::Wait& wait) {
    return wait.owns_percpu_mutex || (wait.what.is_percpu_mutex() && wait.pid != 0 && wait.holder_pid == wait.pid);
}

bool is_for_its_own(const seen::Wait& wait) { return wait.what.is_percpu_mutex() && owns_percpu_mutex(wait); }

std::int32_t named_owner(const seen::Wait& wait) {
    if (owns_percpu_mutex(wait)) {
        return wait.pid;
    }
    return wait.what.is_percpu_mutex() ? wait.holder_pid : 0;
}

bool is_of_no_disk(const seen::Wait& wait) { return wait.what.disk == kNoDisk; }

std::vector<Awaited> WaitGraph::held_during(const seen::Wait& wait) const {
    std::vector<Awaited> held;
    each_held(wait, [&](const Awaited& one) {
        if (one.kind != WaitKind::memory && one.disk != kNoDisk) {
            held.push_back(one);
        }
    });
    for (const auto& [disk, freezers] : freezers_) {
        const auto found = freezers.by_pid.find(wait.pid);
        if (disk != kNoDisk && found != freezers.by_pid.end() && !found->second.doubted &&
            found->second.freeze.at_ns <= wait.at_ns) {
            held.push_back(Awaited::frozen_queue(disk));
        }
    }
    return held;
}

bool WaitGraph::is_latest(const seen::Wait& wait) const {
    const auto* open = open_.sleep_of(wait.pid);
    return open != nullptr && open->wait.at_ns == wait.at_ns && open->wait.what == wait.what;
}

void WaitGraph::begin(const seen::Wait& wait) {
    ++version_;
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
    ++version_;
    open_.end(wake);
    if (wake.what.is_nothing()) {  // it exited: who has its pid next froze nothing
        for (auto& [queue, freezers] : freezers_) {
            release(freezers, wake.pid, wake.at_ns);
        }
    }
}

void WaitGraph::doubt(std::uint64_t lost) {
    ++version_;
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
    ++version_;
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
    ++version_;
    if (freezers_.size() >= limits::kQueues && !freezers_.contains(freeze.disk)) {
        ++freezes_left_out_;
        return;
    }
    auto& freezers = freezers_[freeze.disk];
    auto& by_pid = freezers.by_pid;
    if (freeze.frozen) {
        for (const auto releaser : {freeze.pid, std::int32_t{0}}) {
            const auto released = freezers.released_ns.find(releaser);
            if (released != freezers.released_ns.end() && freeze.at_ns < released->second) {
                return;
            }
        }
        if (by_pid.size() >= limits::kFreezers && !by_pid.contains(freeze.pid)) {
            ++freezes_left_out_;
            return;
        }
        const auto known = by_pid.find(freeze.pid);
        if (known == by_pid.end() || known->second.freeze.at_ns <= freeze.at_ns) {
            by_pid.insert_or_assign(freeze.pid, Frozen{freeze});
        }
        return;
    }
    release(freezers, freeze.pid, freeze.at_ns);
}

const seen::Wait* WaitGraph::wait_for_its_own(std::int32_t pid) const {
    const auto* sleep = open_.sleep_of(pid);
    return sleep != nullptr && !sleep->doubted && is_for_its_own(sleep->wait) ? &sleep->wait : nullptr;
}

bool WaitGraph::is_open(const OpenWait& one, const Along& along) {
    return (along.doubted || !one.doubted) && (along.memory || one.wait.what.kind != WaitKind::memory) &&
           one.wait.at_ns <= along.latest_ns;
}

/// All open waits that may be gone along, and who holds up whom.
WaitNet WaitGraph::net(const Along& along) const {
    std::vector<const seen::Wait*> waits;
    Places places;
    open_.each([&](const OpenWait& open) {
        if (!is_open(open, along)) {
            return;
        }
        const auto& wait = open.wait;
        const auto place = waits.size();
        waits.push_back(&wait);
        places.of_pid[wait.pid].push_back(place);  // someone in memory trouble who sleeps for now is held up by both
        each_held(wait, [&](const Awaited& held) {
            // What is merely hinted at takes nothing away from what stands.
            if (held.is_percpu_mutex() && wait.pid != last_named_owner_ && !along.doubted) {
                return;
            }
            auto& holders = places.of_holders[&held];
            if (holders.empty() || holders.back() != place) {
                holders.push_back(place);
            }
        });
    });
    WaitNet net(std::move(waits));
    for (std::size_t i = 0; i < net.waits().size(); ++i) {
        net.set_holders(i, holders_of(net, i, places, along));
    }
    return net;
}

std::vector<std::size_t> WaitGraph::Places::holding(const Awaited& thing) const {
    const auto found = of_holders.find(&thing);
    return found == of_holders.end() ? std::vector<std::size_t>{} : found->second;
}

/// In the order of pids.
std::vector<std::size_t> WaitGraph::holders_of(const WaitNet& net, std::size_t place, const Places& places,
                                               const Along& along) const {
    const seen::Wait& wait = *net.waits()[place];
    if (is_of_no_disk(wait)) {
        return {};
    }
    const auto waits_of = [&places](std::int32_t pid) {
        const auto found = places.of_pid.find(pid);
        return found == places.of_pid.end() ? std::vector<std::size_t>{} : found->second;
    };
    switch (kHeldBy.at(static_cast<std::size_t>(wait.what.kind))) {
        case HeldBy::named:
            return waits_of(wait.holder_pid);
        case HeldBy::owners:
            return wait.what.is_percpu_mutex() ? places.holding(wait.what) : owners_of(net, wait, places);
        case HeldBy::freezers:
            break;
        case HeldBy::reclaimers: {
            auto others = places.holding(wait.what);
            // Not the one that waits, though it reclaims, too: it is not what keeps itself from going on.
            std::erase_if(others, [&](std::size_t other) { return net.waits()[other]->pid == wait.pid; });
            return others;
        }
    }
    std::vector<std::size_t> freezers;
    if (const auto found = freezers_.find(wait.what.disk); found != freezers_.end()) {
        for (const auto& [pid, frozen] : found->second.by_pid) {
            if (along.doubted || !frozen.doubted) {
                std::ranges::copy(waits_of(pid), std::back_inserter(freezers));
            }
        }
    }
    return freezers;
}

/// Of a mutex of a queue, or of the queue's use.
std::vector<std::size_t> WaitGraph::owners_of(const WaitNet& net, const seen::Wait& wait, const Places& places) {
    auto owners = places.holding(wait.what);
    if (const auto named = places.of_pid.find(wait.holder_pid); named != places.of_pid.end()) {
        for (const auto place : named->second) {
            const bool slept_when_named = net.waits()[place]->at_ns <= wait.at_ns;
            const auto next = std::ranges::lower_bound(owners, place);
            if (slept_when_named && (next == owners.end() || *next != place)) {
                owners.insert(next, place);
            }
        }
    }
    return owners;
}

// Asked each time that the time goes on: where nobody waits, or nobody for memory, nothing is laid out.

WaitGraph::Cycle WaitGraph::cycle() const {
    if (open_.size() == 0) {
        return {};
    }
    return first_closed(open_, [this](std::uint64_t latest_ns) {
        return net({.latest_ns = latest_ns}).cycle([](const seen::Wait& /*start*/) { return true; });
    });
}

WaitGraph::Cycle WaitGraph::livelock_of(std::uint64_t latest_ns) const {
    return net({.memory = true, .latest_ns = latest_ns}).cycle([](const seen::Wait& start) {
        return start.what.kind == WaitKind::memory;
    });
}

WaitGraph::Cycle WaitGraph::livelock() const {
    if (!open_.any_for_memory()) {
        return {};
    }
    return first_closed(open_, [this](std::uint64_t latest_ns) { return livelock_of(latest_ns); });
}

bool WaitGraph::stands(const std::vector<std::int32_t>& pids) const {
    const WaitNet net = this->net({.doubted = true});
    std::map<std::int32_t, std::size_t> place_of;
    for (std::size_t i = 0; i < net.waits().size(); ++i) {
        place_of.emplace(net.waits()[i]->pid, i);
    }
    for (std::size_t i = 0; i < pids.size(); ++i) {
        const auto one = place_of.find(pids[i]);
        const auto next = place_of.find(pids[(i + 1) % pids.size()]);
        if (one == place_of.end() || next == place_of.end() ||
            std::ranges::find(net.holders(one->second), next->second) == net.holders(one->second).end()) {
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
