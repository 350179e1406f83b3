// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "diagnose/stack_reading.h"
#include "klog/story.h"

namespace blkhang {

/// One look at a task, and what its stack tells. A task that has no pid in the log gets a negative one of its own.
struct TaskLook {
    std::int32_t pid;
    std::string comm;
    const LogTask* task;  ///< of the story, which has to outlive this
    StackReading reading;
};

/// Looks that belong together: those of one dump, or those that the kernel complained of within seconds. No task is in
/// it twice.
struct Moment {
    std::vector<TaskLook> looks;  ///< in the order of the log
    bool is_dump = false;         ///< of all blocked tasks: who is missing was not blocked
    bool is_whole = false;        ///< something stands behind it, so that its end is not missing

    [[nodiscard]] const TaskLook* look_at(std::int32_t pid) const;
};

/// The story by moments, in the order of the log. Looks without a stack that tell nothing else are left out, and so is
/// the last one where the log ends within it.
std::vector<Moment> moments_of(const LogStory& story);

/// The task was found with the same frames in both, in whatever state.
bool is_unmoved(const TaskLook& one, const TaskLook& other);

/// What is known to have been so at that moment: its looks, and those of other moments at tasks that had been blocked
/// since before it, or that did not move between a look before and one after it.
Moment as_of(const std::vector<Moment>& moments, std::size_t moment);

/// What happened to the task after that moment: found elsewhere, or missing in a dump that would show it.
bool has_moved_on(const std::vector<Moment>& moments, std::size_t moment, std::int32_t pid);

/// It stood there for at least so long: the kernel said so, or it was found unmoved after that time.
bool stood(const std::vector<Moment>& moments, std::size_t moment, std::int32_t pid, std::uint64_t at_least_ns);

/// All tasks of which that is so of where they were seen last.
std::set<std::int32_t> standing(const std::vector<Moment>& moments, std::uint64_t at_least_ns);

}  // namespace blkhang
