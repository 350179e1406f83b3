// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text as a terminal shows it: counted in columns, not in bytes. Escape sequences that colour it take none.
namespace blkhang {

/// U+FFFD: stands for what cannot be shown.
inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// Bytes that belong together on a screen, and the columns that they take.
struct Glyph {
    std::size_t bytes, columns;
};
/// The first one of a text that is not empty: a character, or a sequence that colours what follows.
Glyph first_glyph(std::string_view text);

std::size_t display_width(std::string_view text);

/// Whatever a name or a message from a record holds, as one line that moves no cursor, colours nothing and runs from
/// left to right: white space becomes one blank, what a terminal would obey becomes a replacement character.
std::string printable(std::string_view text);

/// At most `columns` wide: of what is longer the beginning and the end, which tell names apart, with ".." between.
std::string cut_middle(std::string_view text, std::size_t columns);

}  // namespace blkhang
