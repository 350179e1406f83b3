// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <string_view>

namespace blkhang {

/// The names of one kernel function over time, latest first; unused ones are empty.
using FunctionNames = std::array<std::string_view, 2>;

namespace functions {

// What verdicts rest on (judge/sights.h).

inline constexpr FunctionNames kPercpuAlloc{"pcpu_alloc_noprof", "pcpu_alloc"};  ///< renamed in 6.10
inline constexpr FunctionNames kPercpuBalance{"pcpu_balance_workfn"};
inline constexpr FunctionNames kDirectReclaim{"try_to_free_pages"};
inline constexpr FunctionNames kMemcgReclaim{"try_to_free_mem_cgroup_pages"};
inline constexpr FunctionNames kSwapOut{"__swap_writepage"};
inline constexpr FunctionNames kKswapdRound{"balance_pgdat"};
inline constexpr FunctionNames kSubmitBio{"submit_bio_noacct", "generic_make_request"};  ///< renamed in 5.9
/// Where the kernel checks its locks (CONFIG_DEBUG_LOCK_ALLOC) there is no fast way besides: include/linux/mutex.h
/// makes mutex_lock() this one, which whoever takes a mutex goes through, whether he has to wait or not.
inline constexpr FunctionNames kMutexWait{"__mutex_lock_slowpath", "mutex_lock_nested"};
inline constexpr FunctionNames kMutexWaitKillable{"__mutex_lock_killable_slowpath", "mutex_lock_killable_nested"};
inline constexpr FunctionNames kKswapdWait{"throttle_direct_reclaim"};
inline constexpr FunctionNames kQueueEnter{"__bio_queue_enter", "blk_queue_enter"};  ///< the slow way in since 5.16
inline constexpr FunctionNames kFreeze{"blk_mq_freeze_queue_wait"};                  ///< what every freeze ends in
/// Renamed with the NOIO scope of 6.14 (1e1a9cecfab3).
inline constexpr FunctionNames kUnfreeze{"blk_mq_unfreeze_queue_nomemrestore", "blk_mq_unfreeze_queue"};

// What follows is watched, but no clean verdict needs it.

/// blk_throtl_bio became an inline around __blk_throtl_bio in 5.16, which runs only where a throttle rule exists.
inline constexpr FunctionNames kBlkThrotl{"__blk_throtl_bio", "blk_throtl_bio"};
inline constexpr std::string_view kSlowWay = kQueueEnter.front();
inline constexpr FunctionNames kQueueWait{kSlowWay};
inline constexpr FunctionNames kOldQueueEnter{kQueueEnter.back()};
inline constexpr FunctionNames kSleep{"prepare_to_wait_event"};
inline constexpr FunctionNames kBlkgConf{"blkg_conf_prep"};
inline constexpr FunctionNames kUseQueue{"blk_queue_enter"};
inline constexpr FunctionNames kSleepForBio{"io_schedule_timeout"};

/// Where a call returns to whose return is watched by a return probe: rethook's trampoline since 6.0 on x86, the
/// kretprobes' own before. Latest first.
inline constexpr std::array<std::string_view, 3> kReturnTrampoline{"arch_rethook_trampoline", "__kretprobe_trampoline",
                                                                   "kretprobe_trampoline"};

/// What a task takes away with its disk: that the queue is frozen for good. del_gendisk does it for disks that own
/// their queue since 5.17.
inline constexpr FunctionNames kDiskGone{"del_gendisk"};
inline constexpr FunctionNames kQueueGone{"blk_mq_destroy_queue", "blk_cleanup_queue"};  ///< renamed in 6.0

// What follows is not watched, but seen in stacks (kernels/frames.h, sleepers.h, members.h).

/// Get pages for a chunk with pcpu_alloc_mutex held (mm/percpu.c, percpu-vm.c).
inline constexpr std::string_view kPopulateChunk = "pcpu_populate_chunk";
inline constexpr std::string_view kCreateChunk = "pcpu_create_chunk";
inline constexpr std::string_view kBalancePopulated = "pcpu_balance_populated";
/// Have a queue frozen, some of them on some kernels only.
inline constexpr std::string_view kElevatorSwitch = "elevator_switch";
inline constexpr std::string_view kUpdateNrRequests = "blk_mq_update_nr_requests";
inline constexpr std::string_view kUpdateHwQueues = "blk_mq_update_nr_hw_queues";
inline constexpr std::string_view kUpdateHwQueuesInside = "__blk_mq_update_nr_hw_queues";
inline constexpr std::string_view kActivatePolicy = "blkcg_activate_policy";
inline constexpr std::string_view kDeactivatePolicy = "blkcg_deactivate_policy";
inline constexpr std::string_view kIocostInit = "blk_iocost_init";
inline constexpr std::string_view kThrotlInit = "blk_throtl_init";
inline constexpr std::string_view kWbtInit = "wbt_init";

}  // namespace functions

}  // namespace blkhang
