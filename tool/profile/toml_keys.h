// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace blkhang {

/// The first line, from 1, with a dotted key of more than `parts` parts. The library makes a table in a table of each
/// part, and takes them apart recursively: to ask before it parses is the only way to keep the stack.
std::optional<std::size_t> line_of_deep_key(std::string_view toml, std::size_t parts);

/// The first line, from 1, with a character beyond ASCII where TOML has none: outside of strings and comments. For some
/// of them version 3.3 of the library comes to where it tells the compiler that it never does.
std::optional<std::size_t> line_of_letter_outside_strings(std::string_view toml);

}  // namespace blkhang
