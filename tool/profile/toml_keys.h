// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace blkhang {

/// The first line, from 1, with a dotted key of more than `parts` parts. The library makes a table in a table of each
/// part, and takes them apart recursively: to ask before it parses is the only way to keep the stack.
std::optional<std::size_t> line_of_deep_key(std::string_view toml, std::size_t parts);

}  // namespace blkhang
