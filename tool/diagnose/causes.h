// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "diagnose/diagnosis.h"

namespace blkhang {

/// What a story without any lock of the family is about.
struct Cause {
    Answer answer;  ///< awaits, not_family or too_little
    std::string headline;
    std::vector<std::string> reasons;
    std::vector<std::string> next;  ///< what to capture, where that would tell more
};

/// A CPU did not go on, or not for the tasks on it.
bool is_cpu_stall(const LogComplaint& complaint);

/// `looks` are the latest at each task.
Cause cause_of(const std::vector<const TaskLook*>& looks, const LogStory& story);

}  // namespace blkhang
