// SPDX-License-Identifier: GPL-2.0-only
#include "judge/sights.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace blkhang {
namespace {

struct Row {
    Sight sight;
    const char* words;
    FunctionNames functions;
    bool has_end;  ///< what begins there lasts until the function returns
    /// Tracepoints that show the same; empty if none do.
    std::array<std::string_view, 2> tracepoints;
};

constexpr Row kRows[] = {
    {Sight::percpu_alloc, "per-CPU allocations", {"pcpu_alloc_noprof", "pcpu_alloc"}, true, {"percpu_alloc_percpu"}},
    {Sight::percpu_balance, "the balancing of per-CPU chunks", {"pcpu_balance_workfn"}, true, {}},
    {Sight::direct_reclaim,
     "direct reclaim",
     {"try_to_free_pages"},
     true,
     {"mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end"}},
    {Sight::kswapd, "kswapd", {"balance_pgdat"}, true, {"mm_vmscan_kswapd_wake", "mm_vmscan_kswapd_sleep"}},
    {Sight::submit_bio, "bio submission", {"submit_bio_noacct", "generic_make_request"}, true, {"block_bio_queue"}},
    {Sight::mutex_wait, "waits for mutexes", {"__mutex_lock_slowpath"}, true, {"contention_begin", "contention_end"}},
    {Sight::mutex_wait_killable,
     "killable waits for mutexes",
     {"__mutex_lock_killable_slowpath"},
     true,
     {"contention_begin", "contention_end"}},
    {Sight::kswapd_wait, "waits for kswapd", {"throttle_direct_reclaim"}, true, {}},
    {Sight::queue_wait, "waits for a frozen queue", {"__bio_queue_enter", "blk_queue_enter"}, true, {}},
    {Sight::freeze, "the freezing of queues", {"blk_mq_freeze_queue_wait"}, false, {}},
    {Sight::unfreeze,
     "the release of frozen queues",
     {"blk_mq_unfreeze_queue_nomemrestore", "blk_mq_unfreeze_queue"},
     false,
     {}},
};

constexpr Sight kOfMutex[] = {Sight::percpu_alloc, Sight::direct_reclaim, Sight::submit_bio, Sight::mutex_wait,
                              Sight::mutex_wait_killable};
/// Part of some ways to close a cycle over the mutex, and beyond the tier that has tracepoints only: a machine that
/// hangs in one of these ways stands still, which is no clean run either.
constexpr Sight kOfMutexByFunctions[] = {Sight::percpu_balance, Sight::kswapd, Sight::kswapd_wait};
constexpr Sight kOfQueues[] = {Sight::queue_wait, Sight::freeze, Sight::unfreeze};

constexpr std::string_view kTracepointTier = "tracepoint";

const Row& row_of(Sight sight) { return *std::ranges::find(kRows, sight, &Row::sight); }

class Attached {
public:
    explicit Attached(const seen::Tier& tier) : tier_(tier) {}

    [[nodiscard]] bool is_watched(const Row& row) const {
        return by_tracepoints(row) || std::ranges::any_of(row.functions, [&](std::string_view function) {
                   return has({"fentry", "kprobe"}, function) &&
                          (!row.has_end || has({"fexit", "kretprobe"}, function));
               });
    }

private:
    [[nodiscard]] bool has(std::initializer_list<std::string_view> kinds, std::string_view name) const {
        return !name.empty() && std::ranges::any_of(tier_.attached, [&](std::string_view attached) {
            const auto colon = attached.find(':');
            if (colon == std::string_view::npos) {  // records before 0.1.0 named functions only
                return attached == name;
            }
            return attached.substr(colon + 1) == name &&
                   std::ranges::find(kinds, attached.substr(0, colon)) != kinds.end();
        });
    }
    [[nodiscard]] bool by_tracepoints(const Row& row) const {
        return !row.tracepoints.front().empty() && std::ranges::all_of(row.tracepoints, [&](std::string_view name) {
            return name.empty() || has({"tp"}, name);
        });
    }

    const seen::Tier& tier_;
};

}  // namespace

FunctionNames functions_of(Sight sight) { return row_of(sight).functions; }

std::vector<std::string> unwatched(const seen::Tier& tier, bool over_queues) {
    const Attached attached(tier);
    std::vector<std::string> missing;
    const auto demand = [&](std::span<const Sight> sights) {
        for (const auto sight : sights) {
            const Row& row = row_of(sight);
            if (!attached.is_watched(row)) {
                missing.push_back(fmt::format("{} ({})", row.words, row.functions.front()));
            }
        }
    };
    demand(kOfMutex);
    if (tier.used != kTracepointTier) {
        demand(kOfMutexByFunctions);
    }
    if (over_queues) {
        demand(kOfQueues);
    }
    return missing;
}

}  // namespace blkhang
