// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/release.h"
#include "kernels/sleepers.h"
#include "klog/stack.h"
#include "klog/story.h"

namespace blkhang {

/// What a task waits for, as its stack tells.
struct StackWait {
    Thing thing;
    std::string lock;      ///< of a lock its name; empty if only the function is known that takes it
    std::string function;  ///< the frame that tells
    Certainty certainty;
    std::string_view source;  ///< of the knowledge; empty where none was needed
};
/// What it has meanwhile.
struct StackHold {
    Thing thing;
    std::string lock, function;
    Certainty certainty;
    std::string_view source;
};
struct StackReading {
    std::vector<std::string> frames;  ///< names without suffixes, innermost first; watching taken out
    bool doubted = false;             ///< there are only frames that the unwinder doubts
    std::optional<StackWait> wait;
    std::vector<StackHold> holds;
};

/// A stack as watchers have it, in the form in which logs are read. Lines that are no frames are left out.
LogStack log_stack(const Stack& stack);

/// Reads one stack by the tables of kernels/sleepers.h. `state` is the letter of the task dump; `version` that of the
/// kernel that it is of: what holds for some kernels only is inferred where that is not known.
StackReading read_stack(const LogStack& stack, std::optional<char> state, const std::optional<KernelVersion>& version);

/// "pcpu_alloc_mutex", "a lock that do_mkdirat takes", "a frozen queue".
std::string in_words(const StackWait& wait);
/// "pcpu_alloc_mutex", "a frozen queue", "the use of a queue".
std::string in_words(const StackHold& hold);
const StackHold* find_hold(const StackReading& reading, Thing thing, std::string_view lock = {});
bool waits_for(const StackReading& reading, Thing thing, std::string_view lock = {});

}  // namespace blkhang
