// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "kernels/functions.h"

/// Functions whose frames tell where a task is, by their names over the kernels from 5.10 to 7.3.
namespace blkhang::frames {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

inline constexpr Names<4> kTakesMutex{functions::kPercpuAlloc.back(), functions::kPercpuAlloc.front(),
                                      functions::kPercpuBalance.front(), "pcpu_balance_populated"};
/// Lock blkcg_mutex or rq_qos_mutex themselves (block/blk-cgroup.c, blk-rq-qos.c; 6.12 to 7.3).
inline constexpr Names<6> kTakesQueueMutex{"blkcg_activate_policy",
                                           "blkcg_deactivate_policy",
                                           functions::kBlkgConf.front(),
                                           "blkg_conf_open_bdev",
                                           "rq_qos_add",
                                           "blkg_conf_open_bdev_frozen"};
/// Called with pcpu_alloc_mutex held.
inline constexpr Names<4> kOwnsMutex{"pcpu_populate_chunk", "pcpu_create_chunk", functions::kPercpuBalance.front(),
                                     "pcpu_balance_populated"};
/// Called with the queue frozen, or freeze it and go on with it frozen.
inline constexpr Names<10> kHasFrozen{"elevator_switch",
                                      "elevator_change",
                                      "blk_mq_update_nr_requests",
                                      "queue_requests_store",
                                      "blk_iocost_init",
                                      "blkcg_activate_policy",
                                      "blkcg_deactivate_policy",
                                      "blk_throtl_init",
                                      "blk_mq_update_nr_hw_queues",
                                      "wbt_init"};

/// Beginnings of names: what a sleeper is in whatever it waits for; or a spinner, in the code of the mutex, or where it
/// was interrupted there.
inline constexpr Names<23> kOfSleeping{"schedule",
                                       "__schedule",
                                       "io_schedule",
                                       "mutex_",
                                       "__mutex_",
                                       "__ww_mutex",
                                       "osq_lock",
                                       "preempt_",
                                       "__wait_",
                                       "wait_",
                                       "prepare_to_wait",
                                       "_raw_spin",
                                       "native_queued_spin",
                                       "__cond_resched",
                                       "rwsem_",
                                       "irqentry_",
                                       "raw_irqentry_",
                                       "asm_sysvec_",
                                       "sysvec_",
                                       "__rcu_read_",
                                       "asm_common_interrupt",
                                       "common_interrupt",
                                       "__switch_to"};

}  // namespace blkhang::frames
