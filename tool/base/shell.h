// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Commands that are shown so that somebody types or copies them.
namespace blkhang {

/// The word as a shell reads it as one, whatever it holds. What cannot be shown is escaped in $'...', which bash, zsh
/// and ksh know; all else is quoted as every shell does. The result is printable().
std::string shell_quoted(std::string_view word);

/// Where the words of such a command begin, so that it can be broken before them: not at blanks inside quotes.
std::vector<std::size_t> shell_word_starts(std::string_view command);

}  // namespace blkhang
