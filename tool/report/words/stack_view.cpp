// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text_width.h"
#include "klog/stack.h"

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

/// The compiler may have cut the function up (pcpu_alloc.isra.0); 6.10 renamed it.
bool is_allocator(std::string_view name) {
    const auto function = function_of(name);
    const auto base = function.substr(0, function.find('.'));
    return base == "pcpu_alloc" || base == "pcpu_alloc_noprof";
}

bool is_lock(std::string_view name) { return name.starts_with("mutex_lock") || name.starts_with("__mutex_lock"); }

std::vector<std::string> without_plumbing(const Stack& stack) {
    std::vector<std::string> names;
    for (const auto& frame : stack) {
        auto name = without_offset(frame);
        if (!begins_with_any(name, kPlumbing)) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

}  // namespace

std::vector<StackLine> view(const Stack& stack) {
    const auto names = without_plumbing(stack);
    std::vector<bool> shown(names.size(), false);
    if (!names.empty()) {
        shown.front() = true;  // where the task sleeps
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool in_module = without_source(names[i]).ends_with(']');
        if (in_module || begins_with_any(names[i], kTelling)) {
            shown[i] = true;
        }
        if (is_allocator(names[i])) {  // who called it matters, through the thin wrappers around it
            constexpr std::size_t kCallers = 2;
            for (std::size_t caller = i + 1; caller <= i + kCallers && caller < names.size(); ++caller) {
                shown[caller] = true;
            }
        }
    }
    std::vector<StackLine> lines;
    for (std::size_t i = 0; i < names.size();) {
        const auto next = static_cast<std::size_t>(
            std::find(shown.begin() + static_cast<std::ptrdiff_t>(i), shown.end(), true) - shown.begin());
        const std::size_t hidden = next - i;
        if (hidden > 1) {
            lines.push_back({fmt::format("... {} frames", hidden), false});
            i = next;
        } else {
            lines.push_back({names[i], is_allocator(names[i])});
            ++i;
        }
    }
    return lines;
}

std::vector<StackLine> all(const Stack& stack) {
    std::vector<StackLine> lines;
    for (const auto& frame : stack) {
        lines.push_back({frame, is_allocator(without_offset(frame))});
    }
    return lines;
}

std::string brief(const Stack& stack, std::size_t count, std::size_t columns) {
    auto names = without_plumbing(stack);
    names.erase(names.begin(), std::find_if_not(names.begin(), names.end(), is_lock));
    names.resize(std::min(names.size(), count));
    std::ranges::transform(names, names.begin(), without_source);
    std::string joined = fmt::format("{}", fmt::join(names, " < "));
    while (names.size() > 1 && display_width(joined) > columns) {
        names.pop_back();
        joined = fmt::format("{}", fmt::join(names, " < "));
    }
    return cut_middle(joined, columns);
}

}  // namespace blkhang
