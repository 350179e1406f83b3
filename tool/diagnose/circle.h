// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/moments.h"
#include "judge/proven_cycle.h"

namespace blkhang {

/// Stands for the disk that a stack does not name.
inline constexpr std::string_view kUntoldDisk = "?";

/// Tasks that wait for each other in a circle, as far as a moment of a log tells.
struct Circle {
    Deadlock deadlock;
    /// What of it is inferred, in sentences; empty if every edge is certain.
    std::vector<std::string> inferred;
    /// The kernel named the owner of one of its mutexes.
    bool owner_named = false;
};

/// What is believed of a moment.
enum class Belief {
    certain,  ///< only what its stacks leave no other reading of, and what the kernel said
    likely    ///< also that queues and their locks are those of one disk, and what is inferred of holders
};
/// The circle that the judge's wait graph finds in it, if there is one.
std::optional<Circle> circle_in(const Moment& moment, Belief belief);

/// pcpu_alloc_mutex, a frozen queue or a lock of a queue is in it.
bool is_of_family(const Circle& circle);

/// The stack as the judge has them: `function+0x12/0x34 [module]`, without the offset where the log has none, and with
/// file and line where it has.
Stack plain_stack(const TaskLook& look);
/// What a task waits for as the judge calls it; nothing for what nobody holds.
std::optional<Awaited> awaited_of(const TaskLook& look);

}  // namespace blkhang
