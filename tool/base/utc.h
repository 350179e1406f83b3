// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace blkhang {

/// Seconds since 1970 of a time as utc_now() writes it, 2026-11-22T20:00:00Z; nothing if it is written otherwise.
std::optional<std::int64_t> seconds_of_utc(std::string_view utc);

}  // namespace blkhang
