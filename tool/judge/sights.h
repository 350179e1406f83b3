// SPDX-License-Identifier: GPL-2.0-only
#pragma once

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
    limit_write,  ///< who writes a limit for a disk
    queue_use,    ///< has entered its queue, so that who freezes it waits
};

/// Which of the places that a clean verdict rests on were not watched, in words: all that pcpu_alloc_mutex needs, and,
/// if `over_queues`, what a frozen queue needs. Where functions are probed, each needs its entry and its return.
std::vector<std::string> unwatched(const seen::Tier& tier, std::string_view release, bool over_queues);

/// On this kernel whoever writes a limit may allocate with the queue entered (scope queue_used; kernels/queue_use.h),
/// and that was not looked for: by an older watcher, or because a probe did not stand.
bool may_have_missed_queue_use(const seen::Tier& tier, std::string_view release);

/// The functions and tracepoints of those places that were watched, each once: what a clean verdict names.
std::vector<std::string> watched(const seen::Tier& tier, bool over_queues);

}  // namespace blkhang
