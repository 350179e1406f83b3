// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// What has to be watched for a kind of cycle to be seen: one place in the kernel, whichever probe looks at it.
enum class Sight : std::uint8_t {
    percpu_alloc,    ///< per-CPU allocations
    percpu_balance,  ///< the worker that holds pcpu_alloc_mutex, too
    direct_reclaim,
    memcg_reclaim,
    kswapd,
    submit_bio,
    swap_out,
    mutex_wait,
    mutex_wait_killable,
    kswapd_wait,  ///< waits for kswapd's progress
    queue_wait,   ///< waits for a frozen queue
    freeze,
    unfreeze,
};

/// The names of one kernel function over time, latest first; unused ones are empty.
using FunctionNames = std::array<std::string_view, 2>;

namespace functions {

inline constexpr FunctionNames kPercpuAlloc{"pcpu_alloc_noprof", "pcpu_alloc"};  ///< renamed in 6.10
inline constexpr FunctionNames kPercpuBalance{"pcpu_balance_workfn"};
inline constexpr FunctionNames kDirectReclaim{"try_to_free_pages"};
inline constexpr FunctionNames kMemcgReclaim{"try_to_free_mem_cgroup_pages"};
inline constexpr FunctionNames kSwapOut{"__swap_writepage"};
inline constexpr FunctionNames kKswapdRound{"balance_pgdat"};
inline constexpr FunctionNames kSubmitBio{"submit_bio_noacct", "generic_make_request"};  ///< renamed in 5.9
inline constexpr FunctionNames kMutexWait{"__mutex_lock_slowpath"};
inline constexpr FunctionNames kMutexWaitKillable{"__mutex_lock_killable_slowpath"};
inline constexpr FunctionNames kKswapdWait{"throttle_direct_reclaim"};
inline constexpr FunctionNames kQueueEnter{"__bio_queue_enter", "blk_queue_enter"};  ///< the slow way in since 5.16
inline constexpr FunctionNames kFreeze{"blk_mq_freeze_queue_wait"};                  ///< what every freeze ends in
/// Renamed with the NOIO scope of 6.14 (1e1a9cecfab3).
inline constexpr FunctionNames kUnfreeze{"blk_mq_unfreeze_queue_nomemrestore", "blk_mq_unfreeze_queue"};

}  // namespace functions

/// Which of the places that a clean verdict rests on were not watched, in words: all that pcpu_alloc_mutex needs, and,
/// if `over_queues`, what a frozen queue needs. Where functions are probed, each needs its entry and its return.
std::vector<std::string> unwatched(const seen::Tier& tier, std::string_view release, bool over_queues);
/// All the places that it rests on, in words: "per-CPU allocations".
std::vector<std::string> rests_on(const seen::Tier& tier, bool over_queues);

}  // namespace blkhang
