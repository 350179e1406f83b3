// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "record/record.h"
#include "report/text/record.h"

namespace blkhang {

/// The stack of a task of the cycle, a line for each frame, with "=>" at the per-CPU allocator, and where it took and
/// waits for what the deadlock is about. Lines are indented and end in a newline.
std::string cycle_stack(const Record::Task& task, const TextOptions& options);

/// Every frame as it was recorded.
std::string whole_stack(const Stack& stack, const TextOptions& options);

}  // namespace blkhang
