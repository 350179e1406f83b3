// SPDX-License-Identifier: GPL-2.0-only
#include "judge/nesting_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <set>

#include "base/limits.h"
#include "base/words.h"

namespace blkhang {
namespace {

using Place = NestingGraph::Place;
using Nesting = NestingGraph::Nesting;

/// Told by waits. More than there are: seven mutexes of two disks or three, and their queues, few of them in each
/// other. The search takes time by the square of it.
constexpr std::size_t kMostWaited = 128;

std::optional<Place> of_disk(Place::Kind kind, const std::optional<std::string>& disk) {
    return disk ? std::optional(Place{kind, *disk}) : std::nullopt;
}

std::optional<Place> mutex_of_disk(Scope owned, const std::optional<std::string>& disk) {
    return disk ? std::optional(Place{Place::Kind::mutex, *disk, std::string(to_string(owned))}) : std::nullopt;
}

/// What whoever is inside of the scope keeps from others.
std::optional<Place> held_in(Scope scope, const std::optional<std::string>& disk) {
    switch (scope) {
        case Scope::percpu_mutex:
            return Place{Place::Kind::percpu_mutex};
        case Scope::queue_frozen:
            return of_disk(Place::Kind::queue, disk);
        case Scope::queue_used:
            return of_disk(Place::Kind::queue_use, disk);
        case Scope::blkcg_mutex:
        case Scope::rq_qos_mutex:
            return mutex_of_disk(scope, disk);
        case Scope::reclaim:
            return Place{Place::Kind::reclaim};
        case Scope::reclaim_noio:
            return Place{Place::Kind::reclaim_noio};
        default:
            return std::nullopt;
    }
}

/// Stands for one that is not known.
constexpr const char* kAnyDisk = "some disk";

/// Reclaim can be on the way, but holds nobody up by itself.
bool is_lock(const Place& place) {
    return place.kind != Place::Kind::reclaim && place.kind != Place::Kind::reclaim_noio;
}

/// What whoever enters the scope may have to wait for.
std::optional<Place> wanted_by(Scope scope, const std::optional<std::string>& disk, bool noio_takes_mutex) {
    switch (scope) {
        case Scope::percpu_alloc:
            return Place{Place::Kind::percpu_mutex};
        case Scope::percpu_alloc_noio:
            return noio_takes_mutex ? std::optional(Place{Place::Kind::percpu_mutex}) : std::nullopt;
        case Scope::submit_bio:
            return of_disk(Place::Kind::queue, disk);
        case Scope::percpu_mutex:  // "entered" by waiting for it, from inside an allocation that is told by itself
            return std::nullopt;
        default:
            return held_in(scope, disk);
    }
}

/// What a task holds that others wait for like this; nothing where that cannot be told from what others hold.
std::optional<Place> held_as(const Awaited& awaited) {
    if (awaited.is_percpu_mutex()) {
        return Place{Place::Kind::percpu_mutex};
    }
    if (awaited.disk.empty() || (awaited.kind != WaitKind::mutex && !awaited.lock.empty())) {
        return std::nullopt;
    }
    switch (awaited.kind) {
        case WaitKind::mutex:
            return Place{Place::Kind::mutex, awaited.disk, awaited.lock};
        case WaitKind::queue:
            return Place{Place::Kind::queue, awaited.disk};
        case WaitKind::drain:
            return Place{Place::Kind::queue_use, awaited.disk};
        case WaitKind::kswapd:
        case WaitKind::memory:
            break;
    }
    return std::nullopt;
}

/// Who drains a queue is known by its freeze; others that are waited for are no locks.
std::optional<Place> wanted_as(const Awaited& awaited) {
    const bool counts = awaited.kind == WaitKind::mutex || awaited.kind == WaitKind::queue;
    return counts ? held_as(awaited) : std::nullopt;
}

std::optional<std::pair<Place, Place>> nesting_of(const Awaited& held, const Awaited& wanted) {
    auto outer = held_as(held);
    auto inner = wanted_as(wanted);
    return outer && inner && *outer != *inner ? std::optional(std::pair(std::move(*outer), std::move(*inner)))
                                              : std::nullopt;
}

bool is_nesting(Scope outer, Scope inner, const std::optional<std::string>& disk) {
    return held_in(outer, disk).has_value() && wanted_by(inner, disk, true).has_value();
}

bool says_more_with_disk(Scope outer, Scope inner) {
    return is_nesting(outer, inner, kAnyDisk) && !is_nesting(outer, inner, {});
}

/// Who held what the nesting begins with.
std::string holder_in_words(const Nesting& nesting) {
    switch (nesting.held.kind) {
        case Place::Kind::queue:
            return fmt::format("a task that had the {} frozen", to_string(nesting.held));
        case Place::Kind::queue_use:
            return fmt::format("a task that had entered the queue of {}", nesting.held.disk);
        case Place::Kind::reclaim:
            return "whoever reclaimed";
        case Place::Kind::reclaim_noio:
            return "whoever reclaimed without starting IO";
        default:
            return fmt::format("the owner of {}", to_string(nesting.held));
    }
}

/// What it did that may have to wait.
std::string wish_in_words(const Nesting& nesting) {
    if (!nesting.scopes) {
        return fmt::format("waited for {}{}", nesting.wanted.kind == Place::Kind::queue ? "the frozen " : "",
                           to_string(nesting.wanted));
    }
    switch (nesting.scopes->inner) {
        case Scope::percpu_alloc:
            return "made a per-CPU allocation with GFP_KERNEL, which takes pcpu_alloc_mutex";
        case Scope::percpu_alloc_noio:
            return "made a per-CPU allocation with GFP_NOIO, which takes pcpu_alloc_mutex";
        case Scope::submit_bio:
            return fmt::format("submitted bios to {}, which wait while its queue is frozen", nesting.wanted.disk);
        case Scope::queue_used:
            return "waited for those that had entered it";
        case Scope::reclaim:
            return "entered reclaim that may start IO";
        case Scope::reclaim_noio:
            return "entered reclaim that may start no IO";
        default:
            return fmt::format("waited for {}", to_string(nesting.wanted));
    }
}

}  // namespace

std::string to_string(const Place& place) {
    switch (place.kind) {
        case Place::Kind::percpu_mutex:
            return "pcpu_alloc_mutex";
        case Place::Kind::queue:
            return fmt::format("queue of {}", place.disk);
        case Place::Kind::queue_use:
            return fmt::format("users of queue {}", place.disk);
        case Place::Kind::mutex:
            return fmt::format("{} of {}", place.lock, place.disk);
        case Place::Kind::reclaim:
        case Place::Kind::reclaim_noio:
            break;
    }
    return "reclaim";
}

std::string describe(const std::vector<Nesting>& cycle) {
    std::string chain = to_string(cycle.front().held);
    std::vector<std::string> steps;
    for (const auto& nesting : cycle) {
        chain += " -> " + to_string(nesting.wanted);
        steps.push_back(fmt::format("{} {}{}", holder_in_words(nesting), wish_in_words(nesting),
                                    nesting.count > 1 ? fmt::format(" ({})", times(nesting.count)) : ""));
    }
    return fmt::format("lock cycle {}: {}", chain, fmt::join(steps, "; "));
}

void NestingGraph::saw(Scope outer, Scope inner, const std::optional<std::string>& disk) {
    auto& count = seen_[{outer, inner, disk}];
    count = std::max<std::uint64_t>(count, 1);
}

void NestingGraph::froze(const std::string& disk) {
    if (frozen_.size() < limits::kQueues) {
        frozen_.insert(disk);
    }
}

bool NestingGraph::is_new(const Awaited& held, const Awaited& wanted) const {
    const auto nesting = nesting_of(held, wanted);
    return nesting && !waited_.contains(*nesting) && waited_.size() < kMostWaited;
}

void NestingGraph::waited(const Awaited& held, const Awaited& wanted) {
    auto nesting = nesting_of(held, wanted);
    if (!nesting) {
        return;
    }
    if (waited_.size() >= kMostWaited && !waited_.contains(*nesting)) {
        ++left_out_;
        return;
    }
    waited_.insert(std::move(*nesting));
}

/// Of those that were told with their disks: how often on which of them is not known.
void NestingGraph::count(Scope outer, Scope inner, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    auto& known = seen_[{outer, inner, std::nullopt}];
    known = std::max(known, count);
}

std::vector<Nesting> NestingGraph::nestings(bool noio_takes_mutex, const std::optional<std::string>& assumed) const {
    std::vector<Nesting> result;
    for (const auto& [seen, count] : seen_) {
        const auto& [outer, inner, told] = seen;
        const auto& disk = told || is_told(outer, inner) ? told : assumed;
        const auto held = held_in(outer, disk);
        const auto wanted = wanted_by(inner, disk, noio_takes_mutex);
        if (held && wanted) {
            result.push_back({*held, *wanted, count, Scopes{outer, inner}});
        }
    }
    for (const auto& [held, wanted] : waited_) {
        const bool is_of_queue = held.kind == Place::Kind::queue || held.kind == Place::Kind::queue_use;
        if (!is_of_queue || !holders_doubted_) {
            result.push_back({held, wanted, 1, {}});
        }
    }
    auto frozen = frozen_;
    if (assumed && !frozen.empty()) {
        frozen.insert(*assumed);
    }
    for (const auto& disk : frozen) {
        result.push_back({{Place::Kind::queue, disk},
                          {Place::Kind::queue_use, disk},
                          1,
                          Scopes{Scope::queue_frozen, Scope::queue_used}});
    }
    return result;
}

std::vector<Nesting> NestingGraph::cycle(bool noio_takes_mutex) const {
    return shortest_cycle(nestings(noio_takes_mutex, {}));
}

std::vector<Nesting> NestingGraph::shortest_cycle(const std::vector<Nesting>& all) {
    std::map<Place, std::vector<const Nesting*>> by_held;
    for (const auto& one : all) {
        by_held[one.held].push_back(&one);
    }
    std::vector<Nesting> shortest;
    // Places are in order of their kinds: pcpu_alloc_mutex, where it has part, is where the first one found begins.
    std::vector<Place> starts;
    for (const auto& [held, from_there] : by_held) {
        if (is_lock(held)) {
            starts.push_back(held);
        }
    }
    for (const auto& start : starts) {
        std::map<Place, const Nesting*> reached_by{{start, nullptr}};
        std::deque<Place> reached{start};
        const Nesting* closing = nullptr;
        while (!reached.empty() && closing == nullptr) {
            const auto place = reached.front();
            reached.pop_front();
            for (const auto* one : by_held[place]) {
                if (one->wanted == start) {
                    closing = one;
                    break;
                }
                if (reached_by.try_emplace(one->wanted, one).second) {
                    reached.push_back(one->wanted);
                }
            }
        }
        if (closing == nullptr) {
            continue;
        }
        std::vector<Nesting> found{*closing};
        for (const auto* one = reached_by.at(closing->held); one != nullptr; one = reached_by.at(one->held)) {
            found.insert(found.begin(), *one);
        }
        if (shortest.empty() || found.size() < shortest.size()) {
            shortest = std::move(found);
        }
    }
    return shortest;
}

bool NestingGraph::is_told(Scope outer, Scope inner) const {
    // An absent disk goes before all others.
    const auto next = seen_.upper_bound({outer, inner, std::nullopt});
    return next != seen_.end() && std::get<0>(next->first) == outer && std::get<1>(next->first) == inner;
}

NestingGraph::Waited NestingGraph::on_any_disk(const Waited& nestings) {
    Waited result;
    for (auto [held, wanted] : nestings) {
        for (Place* place : {&held, &wanted}) {
            place->disk = place->disk.empty() ? "" : kAnyDisk;
        }
        if (held != wanted) {
            result.emplace(std::move(held), std::move(wanted));
        }
    }
    return result;
}

/// One disk after the other is tried for those that are not known. Of very many, all are taken for one: what closes no
/// cycle then closes none at all.
std::vector<Nesting> NestingGraph::cycle_if_disks_agree(bool noio_takes_mutex) const {
    constexpr std::size_t kMostTried = 16;
    const bool any_without_disk = std::ranges::any_of(seen_, [&](const auto& seen) {
        const auto& [outer, inner, disk] = seen.first;
        return !disk && says_more_with_disk(outer, inner) && !is_told(outer, inner);
    });
    if (!any_without_disk) {
        return {};
    }
    std::set<std::string> disks{kAnyDisk};
    for (const auto& [seen, count] : seen_) {
        if (const auto& disk = std::get<2>(seen)) {
            disks.insert(*disk);
        }
    }
    disks.insert(frozen_.begin(), frozen_.end());
    for (const auto& [held, wanted] : waited_) {
        disks.insert({held.disk, wanted.disk});
    }
    disks.erase("");  // of pcpu_alloc_mutex
    if (disks.size() > kMostTried) {
        NestingGraph of_one;
        of_one.holders_doubted_ = holders_doubted_;
        of_one.waited_ = on_any_disk(waited_);
        for (const auto& [seen, count] : seen_) {
            of_one.saw(std::get<0>(seen), std::get<1>(seen), kAnyDisk);
        }
        if (!frozen_.empty()) {
            of_one.froze(kAnyDisk);
        }
        return of_one.cycle(noio_takes_mutex);
    }
    for (const auto& disk : disks) {
        if (auto found = shortest_cycle(nestings(noio_takes_mutex, disk)); !found.empty()) {
            return found;
        }
    }
    return {};
}

std::vector<Nesting> NestingGraph::cycle_if_limit_writers_use_queue(bool noio_takes_mutex) const {
    NestingGraph assumed = *this;
    for (const auto& [seen, count] : seen_) {
        if (std::get<0>(seen) == Scope::blkg_conf) {
            assumed.count(Scope::queue_used, std::get<1>(seen), count);
        }
    }
    return assumed.cycle_if_disks_agree(noio_takes_mutex);
}

}  // namespace blkhang
