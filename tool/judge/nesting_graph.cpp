// SPDX-License-Identifier: GPL-2.0-only
#include "judge/nesting_graph.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace blkhang {
namespace {

/// Scopes that are passed through on the way from the mutex back to it. The allocations are not among them: what
/// happens inside pcpu_alloc before it takes the mutex (the memcg charge may reclaim) is no part of a cycle; what
/// happens after is nested in percpu_mutex. Reclaim that may start no IO has its own place: what other reclaim submits
/// is no way through it.
constexpr std::array kPassable{Scope::reclaim, Scope::reclaim_noio, Scope::swap_out, Scope::submit_bio,
                               Scope::blk_throtl};

std::vector<Scope> takers_of_mutex(bool noio_takes_mutex) {
    std::vector<Scope> taking{Scope::percpu_alloc};
    if (noio_takes_mutex) {
        taking.push_back(Scope::percpu_alloc_noio);
    }
    return taking;
}

}  // namespace

std::uint64_t NestingGraph::at(Scope outer, Scope inner) const {
    return counts_.at(static_cast<std::size_t>(outer)).at(static_cast<std::size_t>(inner));
}

std::uint64_t& NestingGraph::at(Scope outer, Scope inner) {
    return counts_.at(static_cast<std::size_t>(outer)).at(static_cast<std::size_t>(inner));
}

void NestingGraph::saw(Scope outer, Scope inner, const std::optional<std::string>& disk) {
    count(outer, inner, 1);
    if (disk) {
        disks_[{outer, inner}].insert(*disk);
    }
}

void NestingGraph::count(Scope outer, Scope inner, std::uint64_t count) {
    auto& known = at(outer, inner);
    known = std::max(known, count);
}

std::optional<NestingGraph::QueueCycle> NestingGraph::cycle_over_queue(bool noio_takes_mutex) const {
    const auto bios = disks_.find({Scope::percpu_mutex, Scope::submit_bio});
    if (bios == disks_.end()) {
        return std::nullopt;
    }
    for (const Scope allocation : takers_of_mutex(noio_takes_mutex)) {
        const auto frozen = disks_.find({Scope::queue_frozen, allocation});
        if (frozen == disks_.end()) {
            continue;
        }
        for (const auto& disk : frozen->second) {
            if (bios->second.contains(disk)) {
                return QueueCycle{disk, allocation};
            }
        }
    }
    return std::nullopt;
}

std::vector<NestingGraph::Edge> NestingGraph::way_back_to_mutex(bool noio_takes_mutex) const {
    const auto taking = takers_of_mutex(noio_takes_mutex);
    std::array<std::optional<Scope>, kScopeCount> entered_from{};
    const auto way_to = [&](Scope last) {
        std::vector<Edge> way;
        for (Scope inner = last; inner != Scope::percpu_mutex;) {
            const Scope outer = *entered_from.at(static_cast<std::size_t>(inner));
            way.insert(way.begin(), {outer, inner, at(outer, inner)});
            inner = outer;
        }
        return way;
    };

    std::deque<Scope> reached{Scope::percpu_mutex};  // breadth first, so that the first way found is the shortest
    while (!reached.empty()) {
        const Scope outer = reached.front();
        reached.pop_front();
        for (const Scope inner : taking) {
            if (at(outer, inner) > 0) {
                entered_from.at(static_cast<std::size_t>(inner)) = outer;
                return way_to(inner);
            }
        }
        for (const Scope inner : kPassable) {
            auto& from = entered_from.at(static_cast<std::size_t>(inner));
            if (!from && at(outer, inner) > 0) {
                from = outer;
                reached.push_back(inner);
            }
        }
    }
    return {};
}

}  // namespace blkhang
