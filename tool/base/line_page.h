// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

// A page of memory that two machines share, on which one leaves a single line for the other: four bytes of its length,
// which are written last, then the line. Both sides are little-endian.

inline constexpr std::size_t kLinePageSize = 4096;

/// Writes the line, once. False, and nothing is written, if it does not fit.
bool put_line(void* page, std::string_view line);
/// The line on the page that this file is; nothing as long as there is none. Whatever is on the page, no more than that
/// is read.
std::optional<std::string> get_line(int file);

}  // namespace blkhang
