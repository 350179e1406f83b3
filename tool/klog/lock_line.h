// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>

#include "klog/kernel_text.h"

/// What lockdep prints of locks and of those who hold them.
namespace blkhang {

/// A line that describes one lock.
struct LockView {
    enum class Place {
        alone,   ///< `ffff888000000001 (&q->sysfs_lock){+.+.}-{3:3}, at: queue_attr_store+0x1/0x2`
        listed,  ///< ` #0: ffff888000000001 (...`, one of those that a task holds
        link     ///< `-> #1 (fs_reclaim){+.+.}-{0:0}:`, one of the chain of a circle
    };
    Place place = Place::alone;
    std::string_view number;    ///< behind `#`
    std::string_view name;      ///< its class; empty: the line ended before it
    std::string_view taken_at;  ///< the function, without offset; empty: not told
    bool inlined = false;       ///< that function is inlined into one that a further line tells
    bool whole = false;         ///< all that there is to tell was told. Old kernels and full consoles break such lines.
};
/// The instance's address is absent from old kernels.
std::optional<LockView> lock_in(std::string_view line);

/// `lock(fs_reclaim);` in the scenario, also `rlock` and `sync`.
std::optional<std::string_view> lock_in_scenario(std::string_view line);

/// `3 locks held by bash/812:` until 7.2, `locks held by bash/812: 3, last CPU#1:` from 7.3 on.
std::optional<kernel_text::TaskView> lock_holder(std::string_view line);

/// The task in `bash/812 is trying to acquire lock:`, `... is trying to lock:`, `... [HC0[0]:SC0[0]:HE1:SE1] takes:`,
/// `... is trying to acquire:`, `... just changed the state of lock:`. The next lock is the one that it wants.
std::optional<kernel_text::TaskView> lock_taker(std::string_view line);

/// `but task is already holding lock:`, `and this task is already holding:`. The next lock is the one that it holds.
bool is_already_holding(std::string_view line);

}  // namespace blkhang
