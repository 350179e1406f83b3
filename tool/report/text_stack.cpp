// SPDX-License-Identifier: GPL-2.0-only
#include "report/text_stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/paint.h"
#include "report/stack_view.h"
#include "report/text_width.h"

namespace blkhang {
namespace {

constexpr std::size_t kStackIndent = 4;
constexpr std::string_view kArrow = "=>";
constexpr std::size_t kBeforeName = kStackIndent + 4;

struct Frame {
    std::string name;
    bool allocator;
    std::string note = {};
};

std::vector<Frame> frames_of(const Stack& stack, Stacks which) {
    std::vector<Frame> frames;
    for (const auto& line : which == Stacks::full ? all(stack) : view(stack)) {
        frames.push_back({printable(line.text), line.allocator});
    }
    return frames;
}

/// The owner took the mutex where it entered the allocator first, and wants it where it did so last. For anything else
/// it waits where it sleeps: at the innermost frame.
void annotate(std::vector<Frame>& frames, const Record::Task& task) {
    const bool owns = std::ranges::find(task.holds, kPercpuMutex) != task.holds.end();
    const auto outermost = std::find_if(frames.rbegin(), frames.rend(), [](const auto& f) { return f.allocator; });
    if (owns && outermost != frames.rend()) {
        outermost->note = fmt::format("<- took {} here", kPercpuMutex);
    }
    const auto innermost =
        task.waits_for == kPercpuMutex ? std::ranges::find_if(frames, &Frame::allocator) : frames.begin();
    if (innermost != frames.end() && innermost->note.empty()) {
        innermost->note = printable(fmt::format("<- waits for {} here", task.waits_for));
    }
}

/// Behind the widest name, or nearer where the terminal is too narrow for that; never over a name that has a note.
std::size_t notes_begin(const std::vector<Frame>& frames, std::size_t columns) {
    constexpr std::size_t kGap = 2;
    std::size_t widest = 0;
    std::size_t widest_noted = 0;
    std::size_t widest_note = 0;
    for (const auto& frame : frames) {
        const std::size_t width = display_width(frame.name);
        widest = std::max(widest, width);
        if (!frame.note.empty()) {
            widest_noted = std::max(widest_noted, width);
            widest_note = std::max(widest_note, display_width(frame.note));
        }
    }
    const std::size_t taken = kBeforeName + kGap + widest_note;
    const std::size_t room = columns > taken ? columns - taken : 0;
    return std::max(std::min(widest, room), widest_noted) + kGap;
}

std::string laid_out(std::vector<Frame> frames, const TextOptions& options) {
    const std::size_t room = options.columns - std::min(options.columns, kBeforeName);
    if (options.stacks == Stacks::telling) {
        for (auto& frame : frames) {
            frame.name = cut_middle(frame.name, room);
        }
    }
    const std::size_t column = notes_begin(frames, options.columns);
    std::string text;
    for (const auto& frame : frames) {
        const std::string arrow = frame.allocator ? painted(kArrow, kRed, options.colour) : "  ";
        const std::string name = frame.note.empty() ? frame.name : fmt::format("{:<{}}", frame.name, column);
        text += fmt::format("{:{}}{}  {}{}\n", "", kStackIndent, arrow, name, frame.note);
    }
    return text.empty() ? fmt::format("{:{}}(no stack)\n", "", kStackIndent) : text;
}

}  // namespace

std::string cycle_stack(const Record::Task& task, const TextOptions& options) {
    auto frames = frames_of(task.stack, options.stacks);
    annotate(frames, task);
    return laid_out(std::move(frames), options);
}

std::string whole_stack(const Stack& stack, const TextOptions& options) {
    TextOptions whole = options;
    whole.stacks = Stacks::full;
    return laid_out(frames_of(stack, Stacks::full), whole);
}

}  // namespace blkhang
