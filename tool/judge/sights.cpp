// SPDX-License-Identifier: GPL-2.0-only
#include "judge/sights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "base/words.h"
#include "kernels/facilities.h"
#include "kernels/functions.h"
#include "kernels/queue_use.h"
#include "kernels/release.h"
#include "kernels/sleepers.h"

namespace blkhang {
namespace {

struct Row {
    Sight sight;
    const char* words;
    FunctionNames functions;
    bool has_end;  ///< what begins there lasts until the function returns
    /// Tracepoints that show the same; empty if none do.
    std::array<std::string_view, 2> tracepoints;
    Releases releases = {};  ///< of which a cycle can go over it
};

constexpr Row kRows[] = {
    {Sight::percpu_alloc, "per-CPU allocations", functions::kPercpuAlloc, true, {"percpu_alloc_percpu"}},
    {Sight::percpu_balance, "the balancing of per-CPU chunks", functions::kPercpuBalance, true, {}},
    {Sight::direct_reclaim,
     "direct reclaim",
     functions::kDirectReclaim,
     true,
     {"mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end"}},
    {Sight::memcg_reclaim, "reclaim for memory cgroups", functions::kMemcgReclaim, true, {}},
    {Sight::swap_out, "swap-out", functions::kSwapOut, true, {}},
    {Sight::kswapd, "kswapd", functions::kKswapdRound, true, {"mm_vmscan_kswapd_wake", "mm_vmscan_kswapd_sleep"}},
    {Sight::submit_bio, "bio submission", functions::kSubmitBio, true, {"block_bio_queue"}},
    {Sight::mutex_wait, "waits for mutexes", functions::kMutexWait, true, {"contention_begin", "contention_end"}},
    {Sight::mutex_wait_killable,
     "killable waits for mutexes",
     functions::kMutexWaitKillable,
     true,
     {"contention_begin", "contention_end"}},
    {Sight::kswapd_wait, "waits for kswapd", functions::kKswapdWait, true, {}},
    {Sight::queue_wait, "waits for a frozen queue", functions::kQueueEnter, true, {}},
    {Sight::freeze, "the freezing of queues", functions::kFreeze, false, {}},
    {Sight::unfreeze, "the release of frozen queues", functions::kUnfreeze, false, {}},
    {Sight::limit_write, "the writing of limits", functions::kBlkgConf, true, {}, kWithQueueUse},
    {Sight::queue_use, "the use of a queue while a limit is written", functions::kUseQueue, true, {}, kWithQueueUse},
};

constexpr Sight kOfMutex[] = {Sight::percpu_alloc, Sight::direct_reclaim, Sight::submit_bio, Sight::mutex_wait,
                              Sight::mutex_wait_killable};
/// Part of some ways to close a cycle over the mutex, and beyond the tier that has tracepoints only: a machine that
/// hangs in one of these ways stands still, which is no clean run either.
constexpr Sight kOfMutexByFunctions[] = {Sight::percpu_balance, Sight::memcg_reclaim, Sight::swap_out, Sight::kswapd,
                                         Sight::kswapd_wait};
constexpr Sight kOfQueues[] = {Sight::queue_wait, Sight::freeze, Sight::unfreeze, Sight::limit_write, Sight::queue_use};

/// Programs without a row, by their names: the watcher says if one does not stand, and then some wait is never told.
constexpr std::string_view kOthersOfMutex[] = {"memcg_reclaim", "swap_out", "sleep", "sleep_for_bio"};
constexpr std::string_view kOthersOfQueues[] = {"blkg_conf", "use_queue", "queue_enter"};

constexpr std::string_view kTracepointTier = "tracepoint";

const Row& row_of(Sight sight) { return *std::ranges::find(kRows, sight, &Row::sight); }

/// There bios came through blk_queue_enter(), which later ones pass by (block/blk-core.c, __bio_queue_enter()).
constexpr Releases kWithOldQueueEnter{.before = "5.16"};

/// Whether this release is one of them; `if_unknown` where it cannot be read.
bool concerns(const Releases& releases, std::string_view release, bool if_unknown) {
    const auto version = kernel_version(release);
    return version ? releases.contain(*version) : if_unknown;
}

std::vector<const Row*> rows_needed(const seen::Tier& tier, bool over_queues) {
    std::vector<const Row*> rows;
    const auto add = [&rows](std::span<const Sight> sights) {
        std::ranges::transform(sights, std::back_inserter(rows), [](Sight sight) { return &row_of(sight); });
    };
    add(kOfMutex);
    if (tier.used != kTracepointTier) {
        add(kOfMutexByFunctions);
    }
    if (over_queues) {
        add(kOfQueues);
    }
    return rows;
}

/// No probe can stand where there is no function, and nothing is missed by that; the watcher says which part of the
/// kernel is missing instead of the programs.
bool is_built_without(const seen::Tier& tier, const FunctionNames& function) {
    const Facility* const facility = facility_of(function);
    return facility != nullptr &&
           std::ranges::find(tier.missing, facility->option, &seen::Tier::Missing::what) != tier.missing.end();
}

class Attached {
public:
    explicit Attached(const seen::Tier& tier) : tier_(tier) {}

    [[nodiscard]] bool is_watched(const Row& row) const { return by_tracepoints(row) || !by_function(row).empty(); }

    /// What shows it; nothing if it is not watched.
    [[nodiscard]] std::vector<std::string_view> by_which(const Row& row) const {
        std::vector<std::string_view> names;
        if (const auto function = by_function(row); !function.empty()) {
            names.push_back(function);
        } else if (by_tracepoints(row)) {
            std::ranges::copy_if(row.tracepoints, std::back_inserter(names),
                                 [](std::string_view name) { return !name.empty(); });
        }
        return names;
    }

    [[nodiscard]] bool has_newest(const Row& row) const { return has({"fentry", "kprobe"}, row.functions.front()); }

private:
    [[nodiscard]] bool has(std::initializer_list<std::string_view> kinds, std::string_view name) const {
        return !name.empty() && std::ranges::any_of(tier_.attached, [&](std::string_view attached) {
            const auto colon = attached.find(':');
            if (colon == std::string_view::npos) {  // records before 0.1.0 named functions only
                return attached == name;
            }
            return without_suffix(std::string_view(attached).substr(colon + 1)) == name &&
                   std::ranges::find(kinds, attached.substr(0, colon)) != kinds.end();
        });
    }
    /// The name of the function that is watched for it; empty if none is.
    [[nodiscard]] std::string_view by_function(const Row& row) const {
        const auto* const found = std::ranges::find_if(row.functions, [&](std::string_view function) {
            return has({"fentry", "kprobe"}, function) && (!row.has_end || has({"fexit", "kretprobe"}, function));
        });
        return found == row.functions.end() ? std::string_view{} : *found;
    }
    [[nodiscard]] bool by_tracepoints(const Row& row) const {
        return !row.tracepoints.front().empty() && std::ranges::all_of(row.tracepoints, [&](std::string_view name) {
            return name.empty() || has({"tp"}, name);
        });
    }

    const seen::Tier& tier_;
};

/// Of the tier that is used; what it says of those that were tried before it does not matter.
void add_what_is_said_to_be_missing(const seen::Tier& tier, std::span<const std::string_view> programs,
                                    std::vector<std::string>& missing) {
    // Probes of tier tracefs are named as those of tier kprobe.
    const std::string_view on_entry = tier.used == "tracefs" ? "kprobe" : std::string_view{tier.used};
    const std::string_view on_return = tier.used == "fentry" ? "fexit" : "kretprobe";
    for (const auto& one : tier.missing) {
        for (const auto program : programs) {
            if (one.what == fmt::format("{}_{}", on_entry, program) ||
                one.what == fmt::format("{}_{}", on_return, program)) {
                missing.push_back(fmt::format("{} ({})", one.what, one.why));
            }
        }
    }
}

bool knows_queue_use(const seen::Tier& tier) {
    return tier.scopes && std::ranges::find(*tier.scopes, to_string(Scope::queue_used)) != tier.scopes->end();
}

}  // namespace

std::vector<std::string> unwatched(const seen::Tier& tier, std::string_view release, bool over_queues) {
    constexpr auto kTiers = std::to_array<std::string_view>({
#define TIER(name, rank, rank_preempting, attach) #name,
#include "base/tiers.def"
    });
    if (std::ranges::find(kTiers, tier.used) == kTiers.end()) {
        return {fmt::format("anything (tier '{}')", tier.used)};
    }
    const Attached attached(tier);
    std::vector<std::string> missing;
    if (std::ranges::find(tier.missing, kPercpuMutex, &seen::Tier::Missing::what) != tier.missing.end()) {
        missing.push_back("the owner of pcpu_alloc_mutex (its address is not known)");
    }
    for (const Row* row : rows_needed(tier, over_queues)) {
        if (!concerns(row->releases, release, true) || is_built_without(tier, row->functions)) {
            continue;
        }
        const bool by_old_name = row->sight == Sight::queue_wait && !attached.has_newest(*row) &&
                                 !concerns(kWithOldQueueEnter, release, false);
        if (!attached.is_watched(*row) || by_old_name) {
            missing.push_back(fmt::format("{} ({})", row->words, row->functions.front()));
        }
    }
    if (tier.used != kTracepointTier) {
        add_what_is_said_to_be_missing(tier, kOthersOfMutex, missing);
    }
    if (over_queues) {
        if (concerns(kWithQueueUse, release, true) && !knows_queue_use(tier)) {
            missing.push_back(fmt::format("what is done with a queue entered (the watcher knew no scope {})",
                                          to_string(Scope::queue_used)));
        }
        add_what_is_said_to_be_missing(tier, kOthersOfQueues, missing);
    }
    return missing;
}

bool may_have_missed_queue_use(const seen::Tier& tier, std::string_view release) {
    constexpr std::array<std::string_view, 2> kPrograms{"blkg_conf", "use_queue"};
    if (is_built_without(tier, functions::kBlkgConf)) {
        return false;
    }
    const Attached attached(tier);
    std::vector<std::string> missing;
    add_what_is_said_to_be_missing(tier, kPrograms, missing);
    const bool is_seen = knows_queue_use(tier) && missing.empty() && attached.is_watched(row_of(Sight::limit_write)) &&
                         attached.is_watched(row_of(Sight::queue_use));
    return !is_seen && concerns(kWithQueueUse, release, true);
}

std::vector<std::string> watched(const seen::Tier& tier, bool over_queues) {
    const Attached attached(tier);
    std::vector<std::string> names;
    for (const Row* row : rows_needed(tier, over_queues)) {
        for (const auto name : attached.by_which(*row)) {
            add_once(names, std::string(name));
        }
    }
    return names;
}

}  // namespace blkhang
