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

/// Called with pcpu_alloc_mutex held.
inline constexpr Names<4> kOwnsMutex{functions::kPopulateChunk, functions::kCreateChunk,
                                     functions::kPercpuBalance.front(), functions::kBalancePopulated};
/// Called with the queue frozen, or freeze it and go on with it frozen.
inline constexpr Names<10> kHasFrozen{
    functions::kElevatorSwitch, "elevator_change",          functions::kUpdateNrRequests, "queue_requests_store",
    functions::kIocostInit,     functions::kActivatePolicy, functions::kDeactivatePolicy, functions::kThrotlInit,
    functions::kUpdateHwQueues, functions::kWbtInit};

/// Beginnings of names: the code of mutexes.
inline constexpr Names<4> kOfMutex{"mutex_", "__mutex_", "__ww_mutex", "osq_lock"};
/// The same: what a sleeper is in whatever it waits for, or a spinner where it was interrupted in the code of the
/// mutex.
inline constexpr Names<19> kOfSleeping{"schedule",
                                       "__schedule",
                                       "io_schedule",
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
