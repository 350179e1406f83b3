// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "klog/kernel_log.h"

/// Small steps on the text of a kernel log. Each returns nothing, or leaves the text as it was, when it does not find
/// what it looks for.
namespace blkhang::kernel_text {

/// Without the blanks around it.
std::string_view trimmed(std::string_view text);
bool contains(std::string_view text, std::string_view part);
/// Steps over `beginning`; false if the text begins otherwise.
bool skip(std::string_view& text, std::string_view beginning);
/// The two sides of the first `separator`.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text, std::string_view separator);
/// What follows the first `mark`.
std::optional<std::string_view> after(std::string_view text, std::string_view mark);
/// The text is a number and nothing else.
std::optional<std::int32_t> whole_number(std::string_view text);
/// The text begins with a number.
std::optional<std::int32_t> leading_number(std::string_view text);
/// The same of counts and times, which are large and never have blanks or a sign before them.
std::optional<std::uint64_t> leading_count(std::string_view text);
/// `COMM:PID` or `COMM/PID`. A task may call itself anything, so the last separator counts.
std::optional<KernelReport::Task> named_task(std::string_view text, char separator);

struct Line {
    std::string_view caller;  ///< of PRINTK_CALLER, "T848"; else empty
    std::string_view text;    ///< trimmed
};
/// Takes off what a console or dmesg writes before the text: `<6>`, `[   12.345678]`, `[  T848]`.
Line without_prefix(std::string_view text);

/// /dev/kmsg writes a line break inside a message as \x0a and a backslash as \x5c.
std::string unescaped(std::string_view text);

}  // namespace blkhang::kernel_text
