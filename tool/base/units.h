// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

/// How many of one make up another. Events have nanoseconds, records have milliseconds, logs and people have seconds.
namespace blkhang {

inline constexpr std::uint64_t kNsPerUs = 1'000;
inline constexpr std::uint64_t kNsPerMs = 1'000'000;
inline constexpr std::uint64_t kNsPerS = 1'000'000'000;
inline constexpr std::uint64_t kUsPerMs = 1'000;
inline constexpr std::uint64_t kUsPerS = 1'000'000;
inline constexpr std::uint64_t kMsPerS = 1'000;

}  // namespace blkhang
