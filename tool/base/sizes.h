// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// "256MiB", "4KiB", "1GiB", "2TiB"; a plain number is bytes. Errors are the user's (Fault::usage).
Result<std::uint64_t> parse_size(std::string_view text);
/// The shortest exact text that parse_size() reads back: "256MiB", "1000".
std::string format_size(std::uint64_t bytes);

/// "500ms", "60s", "2m", "1h"; the unit is required. Errors are the user's (Fault::usage).
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The exact text in the largest unit that fits, which parse_duration() reads back: "2m", "90s".
std::string format_duration(std::chrono::milliseconds span);

}  // namespace blkhang
