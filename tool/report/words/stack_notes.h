// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <vector>

#include "record/record.h"
#include "report/words/stack_view.h"

namespace blkhang {

/// The view() of the stack of a task of a cycle in which nothing that the deadlock is about is folded: where it took
/// it, where it has it, where it waits for it, and whose doing it is. With annotate()'s notes.
std::vector<StackLine> noted_view(const Record::Task& task);

/// Notes on the lines of such a stack: where it took, has, and waits for what the deadlock is about.
void annotate(std::vector<StackLine>& lines, const Record::Task& task);

}  // namespace blkhang
