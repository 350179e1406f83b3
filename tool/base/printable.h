// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

/// Text of guests, logs and strangers is data: a terminal, a page, a mail program or a parser of results must find
/// nothing in it to obey.
namespace blkhang {

/// U+FFFD: stands for what cannot be shown.
inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// The text as one line of valid UTF-8 that moves no cursor, colours nothing and runs from left to right. A line end or
/// a tab becomes a blank; what is no character, controls something or cannot be seen (C0, DEL, C1, marks that turn the
/// direction of writing, byte order marks, ...) becomes U+FFFD.
std::string printable(std::string_view text);

/// The same of a text whose line ends and tabs mean something: every kind of line end becomes a newline.
std::string printable_lines(std::string_view text);

}  // namespace blkhang
