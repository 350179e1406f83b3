// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "probe/tracefs/definition.h"
#include "probe/tracefs/instance.h"

namespace blkhang {

/// Where a task keeps its number, for kernels that do not tell (without BTF): children are made, and what lies in each
/// task is read as it is woken for the first time. Takes a second, and some probes for as long.
Result<std::uint32_t> find_pid_offset(TraceInstance& instance, const CallingConvention& convention);

/// What was read of one new task: numbers of 32 bits, one after the other.
struct TaskWords {
    std::uint32_t pid;
    std::vector<std::uint32_t> words;
};
/// The index of the one number that is the pid in all tasks, and is followed by itself: a process has the number of its
/// first thread (pid and tgid lie side by side). Nothing if there is none, or more than one.
std::optional<std::size_t> index_of_pid(std::span<const TaskWords> tasks);

}  // namespace blkhang
