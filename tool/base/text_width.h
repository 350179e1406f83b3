// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text as a terminal shows it: counted in columns, not in bytes. Escape sequences that colour it take none.
namespace blkhang {

/// Bytes that belong together on a screen, and the columns that they take.
struct Glyph {
    std::size_t bytes, columns;
};
/// The first one of a text that is not empty: a character, or a sequence that colours what follows.
Glyph first_glyph(std::string_view text);

std::size_t display_width(std::string_view text);

/// As much from the beginning as fits.
std::string_view head_columns(std::string_view text, std::size_t columns);

/// At most `columns` wide: of what is longer the beginning and the end, which tell names apart, with ".." between.
std::string cut_middle(std::string_view text, std::size_t columns);

}  // namespace blkhang
