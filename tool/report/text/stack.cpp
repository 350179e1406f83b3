// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/printable.h"
#include "base/text_width.h"
#include "report/words/paint.h"
#include "report/words/stack_notes.h"
#include "report/words/stack_view.h"

namespace blkhang {
namespace {

constexpr std::size_t kStackIndent = 4;
constexpr std::string_view kArrow = "=>";
constexpr std::size_t kBeforeName = kStackIndent + 4;

/// Behind the widest name, or nearer where the terminal is too narrow for that; never over a name that has a note.
std::size_t notes_begin(const std::vector<StackLine>& lines, std::size_t columns) {
    constexpr std::size_t kGap = 2;
    std::size_t widest = 0;
    std::size_t widest_noted = 0;
    std::size_t widest_note = 0;
    for (const auto& line : lines) {
        const std::size_t width = display_width(line.text);
        widest = std::max(widest, width);
        if (!line.note.empty()) {
            widest_noted = std::max(widest_noted, width);
            widest_note = std::max(widest_note, display_width(line.note));
        }
    }
    const std::size_t taken = kBeforeName + kGap + widest_note;
    const std::size_t room = columns > taken ? columns - taken : 0;
    return std::max(std::min(widest, room), widest_noted) + kGap;
}

std::string laid_out(std::vector<StackLine> lines, const TextOptions& options) {
    for (auto& line : lines) {
        line.text = printable(line.text);
    }
    const std::size_t room = options.columns - std::min(options.columns, kBeforeName);
    if (options.stacks == Stacks::telling) {
        for (auto& line : lines) {
            line.text = cut_middle(line.text, room);
        }
    }
    const std::size_t column = notes_begin(lines, options.columns);
    std::string text;
    for (const auto& line : lines) {
        const std::string arrow = line.allocator ? painted(kArrow, kRed, options.colour) : "  ";
        const std::string name = line.note.empty() ? line.text : fmt::format("{:<{}}", line.text, column);
        text += fmt::format("{:{}}{}  {}{}\n", "", kStackIndent, arrow, name, line.note);
    }
    return text.empty() ? fmt::format("{:{}}(no stack)\n", "", kStackIndent) : text;
}

}  // namespace

std::string cycle_stack(const Record::Task& task, const TextOptions& options) {
    if (options.stacks == Stacks::telling) {
        return laid_out(noted_view(task), options);
    }
    auto lines = all(task.stack);
    annotate(lines, task);
    return laid_out(std::move(lines), options);
}

std::string whole_stack(const Stack& stack, const TextOptions& options) {
    TextOptions whole = options;
    whole.stacks = Stacks::full;
    return laid_out(all(stack), whole);
}

}  // namespace blkhang
