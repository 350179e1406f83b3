// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tier.h"

namespace blkhang {
namespace {

// The same kernel function under its names: pcpu_alloc became pcpu_alloc_noprof in 6.10; blk_throtl_bio became an
// inline around __blk_throtl_bio in 5.16, which runs only where a throttle rule exists; generic_make_request became
// submit_bio_noacct in 5.9.
constexpr Ladder kPercpuAlloc{"pcpu_alloc_noprof", "pcpu_alloc"};
constexpr Ladder kPercpuBalance{"pcpu_balance_workfn"};
constexpr Ladder kDirectReclaim{"try_to_free_pages"};
constexpr Ladder kMemcgReclaim{"try_to_free_mem_cgroup_pages"};
constexpr Ladder kKswapd{"balance_pgdat"};
constexpr Ladder kSubmitBio{"submit_bio_noacct", "generic_make_request"};
constexpr Ladder kBlkThrotl{"__blk_throtl_bio", "blk_throtl_bio"};
constexpr Ladder kSwapOut{"__swap_writepage"};
constexpr Ladder kMutexWait{"__mutex_lock_slowpath"};
constexpr Ladder kMutexWaitKillable{"__mutex_lock_killable_slowpath"};
constexpr Ladder kKswapdWait{"throttle_direct_reclaim"};
// __bio_queue_enter became the slow way into a queue in 5.16. blk_mq_freeze_queue_wait is what every freeze ends in;
// the release got another name with the NOIO scope of 6.14 (1e1a9cecfab3).
constexpr std::string_view kSlowWay = "__bio_queue_enter";
constexpr Ladder kQueueEnter{kSlowWay, "blk_queue_enter"};
constexpr Ladder kQueueWait{kSlowWay};
constexpr Ladder kOldQueueEnter{"blk_queue_enter"};
constexpr Ladder kSleep{"prepare_to_wait_event"};
constexpr Ladder kFreeze{"blk_mq_freeze_queue_wait"};
constexpr Ladder kUnfreeze{"blk_mq_unfreeze_queue_nomemrestore", "blk_mq_unfreeze_queue"};
constexpr Ladder kBlkgConf{"blkg_conf_prep"};
constexpr Ladder kUseQueue{"blk_queue_enter"};
constexpr Ladder kSleepForBio{"io_schedule_timeout"};

constexpr ProbePoint kFentry[] = {
    {"fexit_percpu_alloc", Mechanism::fexit, kPercpuAlloc, true},
    {"fexit_percpu_balance", Mechanism::fexit, kPercpuBalance, false},
    {"fexit_direct_reclaim", Mechanism::fexit, kDirectReclaim, true},
    {"fexit_memcg_reclaim", Mechanism::fexit, kMemcgReclaim, false},
    {"fexit_kswapd", Mechanism::fexit, kKswapd, false},
    {"fexit_submit_bio", Mechanism::fexit, kSubmitBio, true},
    {"fexit_blk_throtl", Mechanism::fexit, kBlkThrotl, false},
    {"fexit_swap_out", Mechanism::fexit, kSwapOut, false},
    {"fexit_mutex_wait", Mechanism::fexit, kMutexWait, true},
    {"fexit_mutex_wait_killable", Mechanism::fexit, kMutexWaitKillable, true},
    {"fexit_kswapd_wait", Mechanism::fexit, kKswapdWait, false},
    {"fexit_queue_enter", Mechanism::fexit, kQueueEnter, false},
    {"fexit_freeze", Mechanism::fexit, kFreeze, false},
    {"fexit_blkg_conf", Mechanism::fexit, kBlkgConf, false},
    {"fexit_use_queue", Mechanism::fexit, kUseQueue, false},
    {"fentry_unfreeze", Mechanism::fentry, kUnfreeze, false},
    {"fentry_percpu_alloc", Mechanism::fentry, kPercpuAlloc, true},
    {"fentry_percpu_balance", Mechanism::fentry, kPercpuBalance, false},
    {"fentry_direct_reclaim", Mechanism::fentry, kDirectReclaim, true},
    {"fentry_memcg_reclaim", Mechanism::fentry, kMemcgReclaim, false},
    {"fentry_kswapd", Mechanism::fentry, kKswapd, false},
    {"fentry_submit_bio", Mechanism::fentry, kSubmitBio, true},
    {"fentry_blk_throtl", Mechanism::fentry, kBlkThrotl, false},
    {"fentry_swap_out", Mechanism::fentry, kSwapOut, false},
    {"fentry_mutex_wait", Mechanism::fentry, kMutexWait, true},
    {"fentry_mutex_wait_killable", Mechanism::fentry, kMutexWaitKillable, true},
    {"fentry_kswapd_wait", Mechanism::fentry, kKswapdWait, false},
    {"fentry_queue_wait", Mechanism::fentry, kQueueWait, false},
    {"fentry_queue_enter", Mechanism::fentry, kOldQueueEnter, false, kSlowWay},
    {"fentry_sleep", Mechanism::fentry, kSleep, false, kSlowWay},
    {"fentry_blkg_conf", Mechanism::fentry, kBlkgConf, false},
    {"fentry_sleep_for_bio", Mechanism::fentry, kSleepForBio, false},
    {"fentry_freeze", Mechanism::fentry, kFreeze, false},
};

constexpr ProbePoint kKprobe[] = {
    {"kretprobe_percpu_alloc", Mechanism::kretprobe, kPercpuAlloc, true},
    {"kretprobe_percpu_balance", Mechanism::kretprobe, kPercpuBalance, false},
    {"kretprobe_direct_reclaim", Mechanism::kretprobe, kDirectReclaim, true},
    {"kretprobe_memcg_reclaim", Mechanism::kretprobe, kMemcgReclaim, false},
    {"kretprobe_kswapd", Mechanism::kretprobe, kKswapd, false},
    {"kretprobe_submit_bio", Mechanism::kretprobe, kSubmitBio, true},
    {"kretprobe_blk_throtl", Mechanism::kretprobe, kBlkThrotl, false},
    {"kretprobe_swap_out", Mechanism::kretprobe, kSwapOut, false},
    {"kretprobe_kswapd_wait", Mechanism::kretprobe, kKswapdWait, false},
    {"kretprobe_queue_enter", Mechanism::kretprobe, kQueueEnter, false},
    {"kretprobe_blkg_conf", Mechanism::kretprobe, kBlkgConf, false},
    {"kprobe_unfreeze", Mechanism::kprobe, kUnfreeze, false},
    {"tp_contention_end", Mechanism::tracepoint, {"contention_end"}, true},
    {"kprobe_percpu_alloc", Mechanism::kprobe, kPercpuAlloc, true},
    {"kprobe_percpu_balance", Mechanism::kprobe, kPercpuBalance, false},
    {"kprobe_direct_reclaim", Mechanism::kprobe, kDirectReclaim, true},
    {"kprobe_memcg_reclaim", Mechanism::kprobe, kMemcgReclaim, false},
    {"kprobe_kswapd", Mechanism::kprobe, kKswapd, false},
    {"kprobe_submit_bio", Mechanism::kprobe, kSubmitBio, true},
    {"kprobe_blk_throtl", Mechanism::kprobe, kBlkThrotl, false},
    {"kprobe_swap_out", Mechanism::kprobe, kSwapOut, false},
    {"kprobe_kswapd_wait", Mechanism::kprobe, kKswapdWait, false},
    {"kprobe_queue_wait", Mechanism::kprobe, kQueueWait, false},
    {"kprobe_queue_enter", Mechanism::kprobe, kOldQueueEnter, false, kSlowWay},
    {"kprobe_sleep", Mechanism::kprobe, kSleep, false, kSlowWay},
    {"kprobe_blkg_conf", Mechanism::kprobe, kBlkgConf, false},
    {"kprobe_sleep_for_bio", Mechanism::kprobe, kSleepForBio, false},
    {"kprobe_freeze", Mechanism::kprobe, kFreeze, false},
    {"tp_contention_begin", Mechanism::tracepoint, {"contention_begin"}, true},
};

constexpr ProbePoint kTracepoint[] = {
    {"tp_direct_reclaim_end", Mechanism::tracepoint, {"mm_vmscan_direct_reclaim_end"}, true},
    {"tp_memcg_reclaim_end", Mechanism::tracepoint, {"mm_vmscan_memcg_reclaim_end"}, false},
    {"tp_kswapd_sleep", Mechanism::tracepoint, {"mm_vmscan_kswapd_sleep"}, false},
    {"tp_contention_end", Mechanism::tracepoint, {"contention_end"}, true},
    {"tp_direct_reclaim_begin", Mechanism::tracepoint, {"mm_vmscan_direct_reclaim_begin"}, true},
    {"tp_memcg_reclaim_begin", Mechanism::tracepoint, {"mm_vmscan_memcg_reclaim_begin"}, false},
    {"tp_kswapd_wake", Mechanism::tracepoint, {"mm_vmscan_kswapd_wake"}, false},
    {"tp_percpu_alloc", Mechanism::tracepoint, {"percpu_alloc_percpu"}, true},
    {"tp_bio_queue", Mechanism::tracepoint, {"block_bio_queue"}, true},
    {"tp_contention_begin", Mechanism::tracepoint, {"contention_begin"}, true},
};

}  // namespace

std::span<const ProbePoint> probe_points(TierChoice tier) {
    switch (tier) {
        case TierChoice::kprobe:
            return kKprobe;
        case TierChoice::tracepoint:
            return kTracepoint;
        case TierChoice::automatic:
        case TierChoice::fentry:
            break;
    }
    return kFentry;
}

std::string_view to_string(TierChoice tier) {
    switch (tier) {
        case TierChoice::automatic:
            return "auto";
        case TierChoice::fentry:
            return "fentry";
        case TierChoice::kprobe:
            return "kprobe";
        case TierChoice::tracepoint:
            return "tracepoint";
    }
    return "unknown";
}

}  // namespace blkhang
