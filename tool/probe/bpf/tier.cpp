// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/tier.h"

#include <array>

namespace blkhang {
namespace {

// What verdicts rest on has its names in judge/sights.h; here are the others. blk_throtl_bio became an inline around
// __blk_throtl_bio in 5.16, which runs only where a throttle rule exists.
using namespace functions;
constexpr Ladder kBlkThrotl{"__blk_throtl_bio", "blk_throtl_bio"};
constexpr std::string_view kSlowWay = kQueueEnter.front();
constexpr Ladder kQueueWait{kSlowWay};
constexpr Ladder kOldQueueEnter{kQueueEnter.back()};
constexpr Ladder kSleep{"prepare_to_wait_event"};
constexpr Ladder kBlkgConf{"blkg_conf_prep"};
constexpr Ladder kUseQueue{"blk_queue_enter"};
constexpr Ladder kSleepForBio{"io_schedule_timeout"};

// What a task takes away with its disk: that the queue is frozen for good. blk_cleanup_queue became
// blk_mq_destroy_queue in 6.0; del_gendisk does it for disks that own their queue since 5.17.
constexpr Ladder kDiskGone{"del_gendisk"};
constexpr Ladder kQueueGone{"blk_mq_destroy_queue", "blk_cleanup_queue"};

// Room in the table of tasks is all that it makes: one that is full counts as lost by itself.
constexpr ProbePoint kTaskFree{"task_free", Mechanism::tracepoint, {"sched_process_free"}, true, Misses::harmless};

// The roles in bpf/places.def.
#define REQUIRED true
#define OPTIONAL false
#define HARMLESS false, Misses::harmless
#define OLD_WAY false, Misses::matter, kSlowWay
#define ENTRY(place, functions, role, action) ProbePoint{#place, Mechanism::fentry, functions, role},
#define EXIT(place, functions, role, action) ProbePoint{#place, Mechanism::fexit, functions, role},
constexpr std::array kFentry{
#include "places.def"
    kTaskFree,
};
#undef REQUIRED
#undef OPTIONAL
#undef HARMLESS
#undef OLD_WAY
#undef ENTRY
#undef EXIT

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
