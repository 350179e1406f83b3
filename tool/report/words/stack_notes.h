// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <vector>

#include "record/record.h"
#include "report/words/stack_view.h"

namespace blkhang {

/// Notes, on the lines of the stack of a task of a cycle, where it took and where it waits for what the deadlock is
/// about.
void annotate(std::vector<StackLine>& lines, const Record::Task& task);

}  // namespace blkhang
