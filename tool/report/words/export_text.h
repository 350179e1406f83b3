// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text as the formats of other tools can bear it.
namespace blkhang {

/// The text printable(), with every stretch of blanks made one, without any at the ends.
std::string one_line(std::string_view text);

/// At most `bytes` from the beginning, cut between characters.
std::string_view head(std::string_view utf8, std::size_t bytes);
/// At most `bytes` from the end, cut between lines or, failing that, between characters.
std::string_view tail(std::string_view utf8, std::size_t bytes);

}  // namespace blkhang
