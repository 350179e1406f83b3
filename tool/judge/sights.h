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
    kswapd,
    submit_bio,
    mutex_wait,
    mutex_wait_killable,
    kswapd_wait,  ///< waits for kswapd's progress
    queue_wait,   ///< waits for a frozen queue
    freeze,
    unfreeze,
};

/// The names of one kernel function over time, latest first; unused ones are empty.
using FunctionNames = std::array<std::string_view, 3>;
/// Sources: pcpu_alloc became pcpu_alloc_noprof in 6.10; generic_make_request became submit_bio_noacct in 5.9;
/// __bio_queue_enter is the slow way into a queue since 5.16; the release of a queue was renamed with the NOIO scope of
/// 6.14 (1e1a9cecfab3).
FunctionNames functions_of(Sight sight);

/// Which of the places that a clean verdict rests on were not watched, in words: all that pcpu_alloc_mutex needs, and,
/// if `over_queues`, what a frozen queue needs. Where functions are probed, each needs its entry and its return.
std::vector<std::string> unwatched(const seen::Tier& tier, bool over_queues);

}  // namespace blkhang
