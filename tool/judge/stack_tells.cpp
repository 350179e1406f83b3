// SPDX-License-Identifier: GPL-2.0-only
#include "judge/stack_tells.h"

#include <algorithm>
#include <array>

#include "klog/stack.h"

namespace blkhang {
namespace {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

// Names that stand for one place over the kernels from 5.10 to 7.3.
constexpr Names<4> kTakesMutex{"pcpu_alloc", "pcpu_alloc_noprof", "pcpu_balance_workfn", "pcpu_balance_populated"};
constexpr Names<2> kQueueEnter{"__bio_queue_enter", "blk_queue_enter"};
constexpr Names<1> kDrain{"blk_mq_freeze_queue_wait"};
constexpr Names<1> kKswapdWait{"throttle_direct_reclaim"};
/// Lock blkcg_mutex or rq_qos_mutex themselves (block/blk-cgroup.c, blk-rq-qos.c; 6.12 to 7.3).
constexpr Names<6> kTakesQueueMutex{
    "blkcg_activate_policy",     "blkcg_deactivate_policy", "blkg_conf_prep", "blkg_conf_open_bdev", "rq_qos_add",
    "blkg_conf_open_bdev_frozen"};
/// Called with pcpu_alloc_mutex held.
constexpr Names<4> kOwnsMutex{"pcpu_populate_chunk", "pcpu_create_chunk", "pcpu_balance_workfn",
                              "pcpu_balance_populated"};
/// Called with the queue frozen, or freeze it and go on with it frozen.
constexpr Names<10> kHasFrozen{"elevator_switch",
                               "elevator_change",
                               "blk_mq_update_nr_requests",
                               "queue_requests_store",
                               "blk_iocost_init",
                               "blkcg_activate_policy",
                               "blkcg_deactivate_policy",
                               "blk_throtl_init",
                               "blk_mq_update_nr_hw_queues",
                               "wbt_init"};

/// pcpu_alloc.isra.0 is pcpu_alloc.
std::string_view name_of(std::string_view frame) {
    const auto function = function_of(frame);
    return function.substr(0, function.find('.'));
}

template <std::size_t N>
bool is_one_of(std::string_view frame, const Names<N>& names) {
    return std::ranges::find(names, name_of(frame)) != names.end();
}

template <std::size_t N>
bool has_one_of(const Stack& stack, const Names<N>& names) {
    return std::ranges::any_of(stack, [&](const std::string& frame) { return is_one_of(frame, names); });
}

/// What a sleeper is in whatever it waits for; or a spinner, in the code of the mutex, or where it was interrupted
/// there.
bool is_of_sleeping(std::string_view frame) {
    const auto name = name_of(frame);
    for (const std::string_view prefix : {"schedule",
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
                                          "__switch_to"}) {
        if (name.starts_with(prefix)) {
            return true;
        }
    }
    return false;
}

/// The function that sleeps, or has the mutex taken for it; empty if there is none.
std::string_view sleeper(const Stack& stack) {
    const auto found = std::ranges::find_if_not(stack, is_of_sleeping);
    return found == stack.end() ? std::string_view{} : std::string_view{*found};
}

Shown verdict_on(bool in_place) { return in_place ? Shown::the_wait : Shown::another_place; }

}  // namespace

Shown shows_wait(const seen::BlockedTask& task, const seen::Wait& wait) {
    if (task.stack.empty() || sleeper(task.stack).empty()) {
        return Shown::nothing;
    }
    switch (wait.what.kind) {
        case WaitKind::mutex:
            if (wait.what.is_percpu_mutex()) {
                return verdict_on(is_one_of(sleeper(task.stack), kTakesMutex));
            }
            // The mutexes of a queue are taken in many places, of which only these are known.
            return is_one_of(sleeper(task.stack), kTakesQueueMutex) ? Shown::the_wait : Shown::nothing;
        case WaitKind::queue:
            return verdict_on(is_one_of(sleeper(task.stack), kQueueEnter));
        case WaitKind::drain:
            return verdict_on(is_one_of(sleeper(task.stack), kDrain));
        case WaitKind::kswapd:
            return verdict_on(has_one_of(task.stack, kKswapdWait));
        case WaitKind::memory:
            break;
    }
    return Shown::nothing;
}

bool shows_role(const seen::BlockedTask& task, const seen::Wait& wait) {
    if (wait.owns_percpu_mutex) {
        return has_one_of(task.stack, kOwnsMutex);
    }
    return shows_freezer(task);
}

bool shows_freezer(const seen::BlockedTask& task) { return has_one_of(task.stack, kHasFrozen); }

}  // namespace blkhang
