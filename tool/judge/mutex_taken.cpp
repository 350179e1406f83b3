// SPDX-License-Identifier: GPL-2.0-only
#include "judge/mutex_taken.h"

#include <algorithm>
#include <cstddef>

namespace blkhang {
namespace {

/// More map creations than can have been under way, beyond the mutex, when a cycle closed.
constexpr std::uint64_t kUnderWay = 64;
/// Of the numbers of maps created by then: minutes' worth.
constexpr std::size_t kProgressKept = 1024;

}  // namespace

void MutexTaken::note(const seen::Counters& counters) {
    const auto created = counters.load.find("maps_created");
    if (created == counters.load.end() || (!made_.empty() && created->second <= made_.back().maps)) {
        return;
    }
    made_.push_back({made_.empty() ? counters.at_ns : std::max(made_.back().at_ns, counters.at_ns), created->second});
    if (made_.size() > kProgressKept) {
        made_.pop_front();
    }
}

std::uint64_t MutexTaken::against(const Deadlock& cycle) const {
    if (!is_over_percpu_mutex(cycle)) {
        return 0;
    }
    const auto first = std::ranges::lower_bound(made_, cycle.closed_ns, {}, &Made::at_ns);
    const auto taken = first == made_.end() ? 0 : made_.back().maps - first->maps;
    return taken > kUnderWay ? taken : 0;
}

}  // namespace blkhang
