// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "judge/observation.h"

/// Short ways to write down observations in tests.
namespace blkhang::build {

inline constexpr std::uint64_t kMs = 1'000'000;

/// `pid` begins to wait for pcpu_alloc_mutex, whose owner seems to be `holder`.
inline seen::Wait mutex_wait(std::uint64_t at_ms, std::int32_t pid, std::int32_t holder) {
    return {at_ms * kMs, pid, "task", Awaited::percpu_mutex(), holder, holder == pid, {}};
}
/// `pid`, which owns pcpu_alloc_mutex, begins to wait for the progress of `kswapd`.
inline seen::Wait owner_waits_for_kswapd(std::uint64_t at_ms, std::int32_t pid, std::int32_t kswapd) {
    return {at_ms * kMs, pid, "task", Awaited::kswapd(), kswapd, true, {}};
}
/// `pid` waits for the frozen queue of vda, from inside reclaim.
inline seen::Wait queue_wait(std::uint64_t at_ms, std::int32_t pid, bool owns_percpu_mutex = false) {
    return {at_ms * kMs, pid, "task", Awaited::frozen_queue("vda"), 0, owns_percpu_mutex, {}, {}, true};
}
inline seen::Wake queue_wake(std::uint64_t at_ms, std::int32_t pid) {
    return {at_ms * kMs, pid, Awaited::frozen_queue("vda")};
}
/// `pid` waits for the blkcg_mutex of vda, which `holder` owned when it was read.
inline seen::Wait blkcg_wait(std::uint64_t at_ms, std::int32_t pid, std::int32_t holder) {
    return {at_ms * kMs, pid, "task", Awaited::mutex("blkcg_mutex", "vda"), holder, false, {}};
}
/// `pid`, which owns pcpu_alloc_mutex and may start no IO, finds no memory.
inline seen::Wait memory_wait(std::uint64_t at_ms, std::int32_t pid) {
    return {at_ms * kMs, pid, "task", Awaited::memory(), 0, true, {}};
}
inline seen::Wake memory_wake(std::uint64_t at_ms, std::int32_t pid) { return {at_ms * kMs, pid, Awaited::memory()}; }
inline seen::Freeze froze(std::uint64_t at_ms, std::int32_t pid) { return {at_ms * kMs, pid, "task", "vda", true}; }
inline seen::Freeze released(std::uint64_t at_ms, std::int32_t pid) { return {at_ms * kMs, pid, "task", "vda", false}; }
inline seen::Wake mutex_wake(std::uint64_t at_ms, std::int32_t pid) {
    return {at_ms * kMs, pid, Awaited::percpu_mutex()};
}
inline seen::Wake kswapd_wake(std::uint64_t at_ms, std::int32_t pid) { return {at_ms * kMs, pid, Awaited::kswapd()}; }
inline seen::Wake exited(std::uint64_t at_ms, std::int32_t pid) { return {at_ms * kMs, pid, {}}; }
inline seen::Tick tick(std::uint64_t at_ms) { return {at_ms * kMs}; }
inline seen::Edge edge_on_disk(Scope outer, Scope inner, const std::string& disk) {
    return {kMs, outer, inner, 1, "task", 0, {}, disk};
}
inline seen::Edge edge(Scope outer, Scope inner) { return {kMs, outer, inner, 1, "task", 0, {}}; }

/// Every probe stands.
inline seen::Tier watched() {
    seen::Tier tier{.used = "fentry", .attached = {}, .missing = {}, .scopes = scope_names()};
    for (const char* function :
         {"pcpu_alloc", "pcpu_balance_workfn", "try_to_free_pages", "try_to_free_mem_cgroup_pages", "balance_pgdat",
          "submit_bio_noacct", "__swap_writepage", "__mutex_lock_slowpath", "__mutex_lock_killable_slowpath",
          "throttle_direct_reclaim", "__bio_queue_enter", "blk_mq_freeze_queue_wait", "blk_mq_unfreeze_queue",
          "blkg_conf_prep", "blk_queue_enter"}) {
        tier.attached.push_back(std::string("fentry:") + function);
        tier.attached.push_back(std::string("fexit:") + function);
    }
    return tier;
}

}  // namespace blkhang::build
