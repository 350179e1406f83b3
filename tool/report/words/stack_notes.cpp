// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "report/words/stack_places.h"

namespace blkhang {
namespace {

void add_note(std::vector<StackLine>& lines, std::size_t frame, const std::string& what) {
    const auto line = std::ranges::find(lines, std::optional(frame), &StackLine::frame);
    if (line != lines.end()) {
        line->note =
            printable(line->note.empty() ? fmt::format("<- {} here", what) : fmt::format("{}, {}", line->note, what));
    }
}

std::string having(const Awaited& what) {
    switch (what.kind) {
        case WaitKind::mutex:
            return fmt::format("took {}", to_string(what));
        case WaitKind::memory:
        case WaitKind::kswapd:
            return "reclaims";
        case WaitKind::queue:
        case WaitKind::drain:
            break;
    }
    return in_words(what, words_for(what).possession);
}

}  // namespace

void annotate(std::vector<StackLine>& lines, const Record::Task& task) {
    const auto places = places_in(task);
    for (const auto& [frame, what] : places.holds) {
        if (places.waits != frame) {
            add_note(lines, frame, having(what));
        }
    }
    if (places.waits) {
        add_note(lines, *places.waits, fmt::format("waits for {}", to_string(task.waits_for)));
    }
}

std::vector<StackLine> noted_view(const Record::Task& task) {
    auto lines = view(task.stack, places_in(task).frames());
    annotate(lines, task);
    return lines;
}

}  // namespace blkhang
