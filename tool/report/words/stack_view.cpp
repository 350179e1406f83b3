// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text_width.h"
#include "report/words/stack_places.h"

namespace blkhang {
namespace {

/// Beginnings of the names of functions that never tell anything: tracing, scheduling, entry code.
constexpr std::array<std::string_view, 17> kPlumbing{
    "bpf_prog_",    "bpf_trampoline_", "bpf_get_", "bpf_trace_",  "ftrace_",      "kprobe_",
    "__traceiter_", "__schedule",      "schedule", "do_syscall_", "entry_",       "exc_",
    "asm_exc_",     "irqentry_",       "sysvec_",  "asm_sysvec_", "ret_from_fork"};

/// Beginnings of the names of functions that carry the story.
constexpr std::array<std::string_view, 16> kTelling{"pcpu_",           "try_to_free_",     "throttle_direct_reclaim",
                                                    "kswapd",          "swap_writepage",   "swap_writeout",
                                                    "__swap_write",    "submit_bio",       "blk_throtl_bio",
                                                    "blkg_",           "__blk_throtl_bio", "__bio_queue_enter",
                                                    "blk_queue_enter", "mutex_lock",       "__mutex_lock",
                                                    "__x64_sys_"};

template <std::size_t N>
bool begins_with_any(std::string_view name, const std::array<std::string_view, N>& beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [name](auto beginning) { return name.starts_with(beginning); });
}

/// "symbol+0x12/0x34 [module]" without the offset.
std::string without_offset(const std::string& frame) {
    const auto plus = frame.find("+0x");
    if (plus == std::string::npos) {
        return frame;
    }
    const auto space = frame.find(' ', plus);
    return frame.substr(0, plus) + (space == std::string::npos ? "" : frame.substr(space));
}

/// "symbol [module]" of "symbol [module] block/bio.c:12", "symbol" of "symbol mm/slab.h:3 [inline]".
std::string without_source(const std::string& frame) {
    const auto space = frame.find(' ');
    const bool in_module = space != std::string::npos && frame.compare(space, 2, " [") == 0;
    return frame.substr(0, in_module ? frame.find(']') + 1 : space);
}

bool is_lock(std::string_view name) { return name.starts_with("mutex_lock") || name.starts_with("__mutex_lock"); }

struct NamedFrame {
    std::string name;
    std::size_t frame;  ///< of the stack
};

std::vector<NamedFrame> without_plumbing(const Stack& stack) {
    std::vector<NamedFrame> frames;
    for (std::size_t i = 0; i < stack.size(); ++i) {
        auto name = without_offset(stack[i]);
        if (!is_plumbing(name)) {
            frames.push_back({std::move(name), i});
        }
    }
    return frames;
}

/// Joined as far as they fit.
std::string joined(std::vector<std::string> names, std::size_t count, std::size_t columns) {
    names.resize(std::min(names.size(), count));
    std::ranges::transform(names, names.begin(), without_source);
    std::string text = fmt::format("{}", fmt::join(names, " < "));
    while (names.size() > 1 && display_width(text) > columns) {
        names.pop_back();
        text = fmt::format("{}", fmt::join(names, " < "));
    }
    return cut_middle(text, columns);
}

}  // namespace

bool is_plumbing(std::string_view frame) { return begins_with_any(frame, kPlumbing); }

std::vector<StackLine> view(const Stack& stack, const std::vector<std::size_t>& kept) {
    const auto frames = without_plumbing(stack);
    std::vector<bool> shown(frames.size(), false);
    if (!frames.empty()) {
        shown.front() = true;  // where the task sleeps
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const bool in_module = without_source(frames[i].name).ends_with(']');
        const bool is_kept = std::ranges::find(kept, frames[i].frame) != kept.end();
        if (is_kept || in_module || begins_with_any(frames[i].name, kTelling)) {
            shown[i] = true;
        }
        if (is_percpu_allocator(frames[i].name)) {  // who called it matters, through the thin wrappers around it
            constexpr std::size_t kCallers = 2;
            for (std::size_t caller = i + 1; caller <= i + kCallers && caller < frames.size(); ++caller) {
                shown[caller] = true;
            }
        }
    }
    std::vector<StackLine> lines;
    for (std::size_t i = 0; i < frames.size();) {
        const auto next = static_cast<std::size_t>(
            std::find(shown.begin() + static_cast<std::ptrdiff_t>(i), shown.end(), true) - shown.begin());
        const std::size_t hidden = next - i;
        if (hidden > 1) {
            lines.push_back({fmt::format("... {} frames", hidden), false});
            i = next;
        } else {
            lines.push_back({frames[i].name, is_percpu_allocator(frames[i].name), frames[i].frame});
            ++i;
        }
    }
    return lines;
}

std::vector<StackLine> all(const Stack& stack) {
    std::vector<StackLine> lines;
    for (std::size_t i = 0; i < stack.size(); ++i) {
        lines.push_back({stack[i], is_percpu_allocator(stack[i]), i});
    }
    return lines;
}

std::string brief(const Stack& stack, std::size_t count, std::size_t columns) {
    std::vector<std::string> names;
    for (auto& frame : without_plumbing(stack)) {
        if (!names.empty() || !is_lock(frame.name)) {
            names.push_back(std::move(frame.name));
        }
    }
    return joined(std::move(names), count, columns);
}

std::string brief_of_reclaim(const Stack& stack, std::size_t count, std::size_t columns) {
    std::vector<std::string> names;
    for (auto& frame : without_plumbing(stack)) {
        const bool is_beginning = names.empty() && reclaims_directly({frame.name});
        if (is_beginning || (!names.empty() && begins_with_any(frame.name, kTelling))) {
            names.push_back(std::move(frame.name));
        }
    }
    return joined(std::move(names), count, columns);
}

}  // namespace blkhang
