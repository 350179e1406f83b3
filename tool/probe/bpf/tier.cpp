// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/tier.h"

#include <array>

namespace blkhang {
namespace {

using namespace functions;

// Room in the table of tasks is all that it makes: one that is full counts as lost by itself.
constexpr ProbePoint kTaskFree{"task_free", Mechanism::tracepoint, {"sched_process_free"}, true, Misses::harmless};

// A missed entry into the throttle only leaves a trial uncounted: nothing waits there, and who allocates or waits below
// it is inside submit_bio as well, which is watched by itself. A missed exit lasts until that of submit_bio.
constexpr std::array kFentry{
    ProbePoint{"unfreeze", Mechanism::fentry, kUnfreeze, false},
    ProbePoint{"percpu_alloc", Mechanism::fentry, kPercpuAlloc, true},
    ProbePoint{"percpu_balance", Mechanism::fentry, kPercpuBalance, false},
    ProbePoint{"direct_reclaim", Mechanism::fentry, kDirectReclaim, true},
    ProbePoint{"memcg_reclaim", Mechanism::fentry, kMemcgReclaim, false},
    ProbePoint{"kswapd", Mechanism::fentry, kKswapdRound, false},
    ProbePoint{"submit_bio", Mechanism::fentry, kSubmitBio, true},
    ProbePoint{"blk_throtl", Mechanism::fentry, kBlkThrotl, false, Misses::harmless},
    ProbePoint{"swap_out", Mechanism::fentry, kSwapOut, false},
    ProbePoint{"mutex_wait", Mechanism::fentry, kMutexWait, true},
    ProbePoint{"mutex_wait_killable", Mechanism::fentry, kMutexWaitKillable, true},
    ProbePoint{"kswapd_wait", Mechanism::fentry, kKswapdWait, false},
    ProbePoint{"queue_wait", Mechanism::fentry, kQueueWait, false},
    ProbePoint{"queue_enter", Mechanism::fentry, kOldQueueEnter, false, Misses::matter, kSlowWay},
    ProbePoint{"sleep", Mechanism::fentry, kSleep, false},
    ProbePoint{"blkg_conf", Mechanism::fentry, kBlkgConf, false},
    ProbePoint{"use_queue", Mechanism::fentry, kUseQueue, false},
    ProbePoint{"sleep_for_bio", Mechanism::fentry, kSleepForBio, false},
    ProbePoint{"freeze", Mechanism::fentry, kFreeze, false},
    ProbePoint{"percpu_alloc", Mechanism::fexit, kPercpuAlloc, true},
    ProbePoint{"percpu_balance", Mechanism::fexit, kPercpuBalance, false},
    ProbePoint{"direct_reclaim", Mechanism::fexit, kDirectReclaim, true},
    ProbePoint{"memcg_reclaim", Mechanism::fexit, kMemcgReclaim, false},
    ProbePoint{"kswapd", Mechanism::fexit, kKswapdRound, false},
    ProbePoint{"submit_bio", Mechanism::fexit, kSubmitBio, true},
    ProbePoint{"blk_throtl", Mechanism::fexit, kBlkThrotl, false, Misses::harmless},
    ProbePoint{"swap_out", Mechanism::fexit, kSwapOut, false},
    ProbePoint{"mutex_wait", Mechanism::fexit, kMutexWait, true},
    ProbePoint{"mutex_wait_killable", Mechanism::fexit, kMutexWaitKillable, true},
    ProbePoint{"kswapd_wait", Mechanism::fexit, kKswapdWait, false},
    ProbePoint{"queue_enter", Mechanism::fexit, kQueueEnter, false},
    ProbePoint{"freeze", Mechanism::fexit, kFreeze, false},
    ProbePoint{"blkg_conf", Mechanism::fexit, kBlkgConf, false},
    ProbePoint{"use_queue", Mechanism::fexit, kUseQueue, false},
    ProbePoint{"disk_gone", Mechanism::fexit, kDiskGone, false},
    ProbePoint{"queue_gone", Mechanism::fexit, kQueueGone, false},
    kTaskFree,
};

/// The same places, probed in another way.
constexpr auto by_kprobes(std::array<ProbePoint, kFentry.size()> points) {
    for (auto& point : points) {
        if (point.mechanism == Mechanism::fentry) {
            point.mechanism = Mechanism::kprobe;
        } else if (point.mechanism == Mechanism::fexit) {
            point.mechanism = Mechanism::kretprobe;
        }
    }
    return points;
}
constexpr auto kKprobe = by_kprobes(kFentry);

constexpr ProbePoint kTracepoint[] = {
    kTaskFree,
    {"direct_reclaim_end", Mechanism::tracepoint, {"mm_vmscan_direct_reclaim_end"}, true},
    {"memcg_reclaim_end", Mechanism::tracepoint, {"mm_vmscan_memcg_reclaim_end"}, false},
    {"kswapd_sleep", Mechanism::tracepoint, {"mm_vmscan_kswapd_sleep"}, false},
    {"contention_end", Mechanism::tracepoint, {"contention_end"}, true},
    {"direct_reclaim_begin", Mechanism::tracepoint, {"mm_vmscan_direct_reclaim_begin"}, true},
    {"memcg_reclaim_begin", Mechanism::tracepoint, {"mm_vmscan_memcg_reclaim_begin"}, false},
    {"kswapd_wake", Mechanism::tracepoint, {"mm_vmscan_kswapd_wake"}, false},
    {"percpu_alloc", Mechanism::tracepoint, {"percpu_alloc_percpu"}, true},
    {"bio_queue", Mechanism::tracepoint, {"block_bio_queue"}, true},
    {"contention_begin", Mechanism::tracepoint, {"contention_begin"}, true},
};

std::string_view prefix(Mechanism mechanism) {
    switch (mechanism) {
        case Mechanism::fentry:
            return "fentry";
        case Mechanism::fexit:
            return "fexit";
        case Mechanism::kprobe:
            return "kprobe";
        case Mechanism::kretprobe:
            return "kretprobe";
        case Mechanism::tracepoint:
            break;
    }
    return "tp";
}

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

std::string ProbePoint::program() const { return std::string{prefix(mechanism)}.append("_").append(place); }

}  // namespace blkhang
