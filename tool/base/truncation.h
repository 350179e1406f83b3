// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>

namespace blkhang {

/// What a limit left out.
struct Truncation {
    std::string what;   ///< "wait events", "lines that are too long", "console"
    std::string limit;  ///< that was reached, in words: "16384 lines or 4 MiB"
    std::uint64_t dropped_lines = 0;
    std::uint64_t dropped_bytes = 0;
};
/// "wait events: 20 lines (4096 bytes) beyond 16384 lines or 4 MiB".
std::string in_words(const Truncation& truncation);

}  // namespace blkhang
