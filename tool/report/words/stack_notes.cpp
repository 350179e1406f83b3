// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace blkhang {

/// The owner took the mutex where it entered the allocator first, and wants it where it did so last. For anything else
/// it waits where it sleeps: at the innermost frame.
void annotate(std::vector<StackLine>& lines, const Record::Task& task) {
    const bool owns = std::ranges::any_of(task.holds, &Awaited::is_percpu_mutex);
    const auto outermost = std::find_if(lines.rbegin(), lines.rend(), [](const auto& line) { return line.allocator; });
    if (owns && outermost != lines.rend()) {
        outermost->note = fmt::format("<- took {} here", kPercpuMutex);
    }
    const auto innermost =
        task.waits_for.is_percpu_mutex() ? std::ranges::find_if(lines, &StackLine::allocator) : lines.begin();
    if (innermost != lines.end() && innermost->note.empty()) {
        innermost->note = printable(fmt::format("<- waits for {} here", to_string(task.waits_for)));
    }
}

}  // namespace blkhang
