// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// A line of a stack as people read it: the function (and module), or how many frames were left out here.
struct StackLine {
    std::string text;
    bool allocator;  ///< pcpu_alloc, by whatever name: two of these in one stack are what this is all about
    std::optional<std::size_t> frame = {};  ///< which of the stack it is
    std::string note = {};                  ///< what happened here, in a few words
};

/// What matters of a stack, innermost first: where it takes and wants the allocator, reclaims, swaps, submits, and who
/// called for it. Frames of the probes, of the scheduler and of the system call entry are dropped, others folded, but
/// for those in `kept`, which are indices of the stack.
std::vector<StackLine> view(const Stack& stack, const std::vector<std::size_t>& kept = {});

/// The frame is of what watches, schedules, or enters the kernel, whatever the task does there.
bool is_plumbing(std::string_view frame);

/// Every frame, as it was recorded.
std::vector<StackLine> all(const Stack& stack);

/// "a < b < c": the innermost functions below the scheduler and the lock itself, at most `count`, and no more than fit
/// into `columns`.
std::string brief(const Stack& stack, std::size_t count, std::size_t columns = std::string::npos);

/// The same of a task that loops for memory: from where it tries to free some on outwards, by what view() would show,
/// since inside it may be anywhere.
std::string brief_of_reclaim(const Stack& stack, std::size_t count, std::size_t columns = std::string::npos);

}  // namespace blkhang
