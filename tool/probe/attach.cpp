// SPDX-License-Identifier: GPL-2.0-only
#include "probe/attach.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "machine/preemption.h"
#include "machine/symbols.h"
#include "probe/tracefs/instance.h"

namespace blkhang {
namespace {

/// A way to watch.
struct Way {
    TierChoice tier;
    int rank;             ///< in which `auto` tries it, the lowest first
    int rank_preempting;  ///< the same on a kernel that preempts itself
    AttachWatcher* attach;
};

constexpr std::array kWays{
#define TIER(name, rank, rank_preempting, attach) Way{TierChoice::name, rank, rank_preempting, attach},
#include "base/tiers.def"
};

const Way* find_way(TierChoice tier) {
    const auto* const found = std::ranges::find(kWays, tier, &Way::tier);
    return found == kWays.end() ? nullptr : found;
}

}  // namespace

std::vector<TierChoice> tiers_by_preference(bool preempts_in_kernel) {
    auto ways = kWays;
    std::ranges::sort(ways, {}, preempts_in_kernel ? &Way::rank_preempting : &Way::rank);
    std::vector<TierChoice> tiers;
    tiers.reserve(ways.size());
    for (const auto& way : ways) {
        tiers.push_back(way.tier);
    }
    return tiers;
}

void remove_orphaned_probes() { remove_orphaned_instances({}); }

Result<std::unique_ptr<Watcher>> attach_watcher(TierChoice choice, const Scale& scale) {
    const auto symbols = Symbols::load();
    if (!symbols) {
        return fail(symbols.error());
    }
    remove_orphaned_probes();
    std::vector<seen::Tier::Missing> missing;
    if (!symbols->address(kPercpuMutex)) {
        // Nesting can still be watched, but nothing about the mutex itself: see Watcher::blind_spots().
        missing.push_back(
            {std::string(kPercpuMutex), "its address is not in /proc/kallsyms (needs root and KALLSYMS_ALL)"});
    }
    std::vector<TierChoice> order{choice};
    if (choice == TierChoice::automatic) {
        order = tiers_by_preference(preempts_in_kernel());
    }
    std::string reasons;
    for (const auto tier : order) {
        auto watcher = find_way(tier)->attach(tier, {*symbols, missing, scale});
        if (watcher) {
            return watcher;
        }
        reasons += (reasons.empty() ? "" : "; ") + watcher.error().message();
    }
    return fail(Fault::unsupported, fmt::format("this kernel cannot be watched: {}", reasons));
}

}  // namespace blkhang
