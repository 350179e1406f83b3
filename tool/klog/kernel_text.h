// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

/// Small steps on the text of a kernel log. Each returns nothing, or leaves the text as it was, when it does not find
/// what it looks for. None of them allocates.
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
/// How many hexadecimal digits the text begins with.
std::size_t hex_digits(std::string_view text);
/// The first word, up to a blank; the text goes on behind it and the blanks after it.
std::string_view next_word(std::string_view& text);

/// A task as a line names it.
struct TaskView {
    std::string_view comm;  ///< empty where only the pid is told
    std::int32_t pid = 0;
    std::optional<char> state;  ///< the letter of the task dump
    bool operator==(const TaskView&) const = default;
};
/// `COMM:PID` or `COMM/PID`. A task may call itself anything, so the last separator counts.
std::optional<TaskView> named_task(std::string_view text, char separator);

}  // namespace blkhang::kernel_text
