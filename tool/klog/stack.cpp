// SPDX-License-Identifier: GPL-2.0-only
#include "klog/stack.h"

#include <charconv>
#include <cstdint>

#include "kernels/functions.h"

namespace blkhang {
namespace {

/// Where the call at a function's entry returns to: five bytes, after four of ENDBR64 where the kernel is built with
/// IBT.
constexpr std::uint64_t kFarthestEntry = 9;

/// Of return trampolines, the latest: the earlier ones stand where a caller is hidden, which is worth knowing.
bool is_watching(std::string_view function) {
    return function.starts_with("bpf_") || function.starts_with("__bpf_") || function.starts_with("0x") ||
           function == functions::kReturnTrampoline.front() || function == "kprobe_ftrace_handler" ||
           function == "ftrace_trampoline" || function == "ftrace_regs_call";
}

bool is_at_entry(std::string_view frame) {
    const auto plus = frame.find("+0x");
    if (plus == std::string_view::npos) {
        return false;
    }
    std::uint64_t offset = 0;
    const auto digits = frame.substr(plus + 3);
    return std::from_chars(digits.data(), digits.data() + digits.size(), offset, 16).ec == std::errc{} &&
           offset <= kFarthestEntry;
}

}  // namespace

std::string_view function_of(std::string_view frame) { return frame.substr(0, frame.find_first_of("+ ")); }

Stack without_watching(const Stack& stack) {
    Stack kept;
    bool after_trampoline = false;
    for (const auto& frame : stack) {
        const auto function = function_of(frame);
        if (is_watching(function)) {
            after_trampoline = true;
            continue;
        }
        const bool shadow =
            after_trampoline && !kept.empty() && is_at_entry(frame) && function_of(kept.back()) == function;
        after_trampoline = false;
        if (!shadow) {
            kept.push_back(frame);
        }
    }
    return kept;
}

}  // namespace blkhang
