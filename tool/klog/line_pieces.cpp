// SPDX-License-Identifier: GPL-2.0-only
#include "klog/line_pieces.h"

#include "base/limits.h"
#include "klog/kernel_text.h"

namespace blkhang {
namespace {

using namespace kernel_text;

/// It says something by itself.
bool is_telling(const KernelLine& told) {
    const auto* frame = std::get_if<FrameView>(&told);
    return !std::holds_alternative<told::Nothing>(told) && !std::holds_alternative<told::Release>(told) &&
           (frame == nullptr || frame->certain);
}

/// Before a frame that the unwinder doubts. A mail program may leave it alone on its line.
constexpr std::string_view kDoubt = "?";

/// Of these the rest may stand in the next line.
bool may_be_cut(const KernelLine& told) {
    const auto* blocker = std::get_if<BlockerLine>(&told);
    return !is_telling(told) || std::holds_alternative<told::StoryEnds>(told) ||
           (blocker != nullptr && !blocker->owner);
}

}  // namespace

LinePieces::Line LinePieces::add(std::string_view text, bool has_prefix) {
    Line line{text, kernel_line(text)};
    if (!cut_.empty() && joins_cut(text, has_prefix, line)) {
        return line;
    }
    if (!lock_.empty() && joins_lock(text, line)) {
        return line;
    }
    if ((may_be_cut(line.told) && is_cut_headline(text)) || text == kDoubt) {
        cut_.assign(text);
        cut_had_prefix_ = has_prefix;
        pieces_ = 1;
    } else if (const auto* lock = std::get_if<LockView>(&line.told); lock != nullptr && !lock->whole) {
        lock_.assign(text);
        lock_is_named_ = !lock->name.empty();
        pieces_ = 1;
    }
    return line;
}

bool LinePieces::joins_cut(std::string_view text, bool has_prefix, Line& line) {
    whole_.clear();
    whole_.swap(cut_);
    const bool is_doubted = whole_ == kDoubt && std::holds_alternative<FrameView>(line.told);
    if ((is_telling(line.told) && !is_doubted) || (has_prefix && cut_had_prefix_) || text.empty()) {
        return false;
    }
    whole_.append(" ").append(text);
    line = {whole_, kernel_line(whole_)};
    if (may_be_cut(line.told) && is_cut_headline(whole_) && ++pieces_ < limits::kLogPieces &&
        whole_.size() < limits::kKernelLine) {
        cut_ = whole_;
    }
    return true;
}

bool LinePieces::joins_lock(std::string_view text, Line& line) {
    const auto* next = std::get_if<LockView>(&line.told);
    const bool is_at = trimmed(lock_).ends_with("at:");
    const bool is_place = is_at && std::holds_alternative<FrameView>(line.told);
    const bool is_rest = lock_is_named_
                             ? is_place || is_at || text.find_first_of(",{}):") == 0 || text.starts_with("at:")
                             : !is_telling(line.told) || (next != nullptr && next->place == LockView::Place::alone);
    if (!is_rest || (is_telling(line.told) && next == nullptr && !is_place) || ++pieces_ > limits::kLogPieces ||
        lock_.size() + text.size() > limits::kKernelLine) {
        lock_.clear();
        return false;
    }
    lock_.append(text);
    const auto lock = lock_in(lock_);
    if (!lock) {
        lock_.clear();
        return false;
    }
    whole_ = lock_;
    line = {whole_, *lock_in(whole_), true};
    lock_is_named_ = !lock->name.empty();
    if (lock->whole) {
        lock_.clear();
    }
    return true;
}

}  // namespace blkhang
