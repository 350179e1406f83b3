// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// Which scope was entered inside which, and how often. What one task does here and another there adds up: two nestings
/// that were each harmless can form a cycle that some third run falls into.
class NestingGraph {
public:
    struct Edge {
        Scope outer, inner;
        std::uint64_t count;
    };

    /// The edge was seen at least once, on this disk if one is named.
    void saw(Scope outer, Scope inner, const std::optional<std::string>& disk = {});
    /// Cumulative count of an edge; never lowers what is known.
    void count(Scope outer, Scope inner, std::uint64_t count);

    /// The shortest way from owning pcpu_alloc_mutex to an allocation that takes it again; empty when there is none.
    /// The first edge leaves percpu_mutex, the last enters percpu_alloc (or percpu_alloc_noio, if those take the
    /// mutex).
    [[nodiscard]] std::vector<Edge> way_back_to_mutex(bool noio_takes_mutex) const;

    /// Two nestings that close a cycle over a disk's queue: the owner of pcpu_alloc_mutex submits a bio to the disk
    /// (and waits if the queue is frozen), and a task that has that queue frozen makes an allocation that takes the
    /// mutex.
    struct QueueCycle {
        std::string disk;
        Scope allocation;
    };
    [[nodiscard]] std::optional<QueueCycle> cycle_over_queue(bool noio_takes_mutex) const;

private:
    [[nodiscard]] std::uint64_t at(Scope outer, Scope inner) const;
    std::uint64_t& at(Scope outer, Scope inner);

    std::array<std::array<std::uint64_t, kScopeCount>, kScopeCount> counts_{};  // [outer][inner]
    std::map<std::pair<Scope, Scope>, std::set<std::string>> disks_;            // that an edge was seen on
};

}  // namespace blkhang
