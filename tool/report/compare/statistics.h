// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>

#include "record/tally.h"

namespace blkhang {

/// Below this, a difference is called beyond chance.
inline constexpr double kSignificant = 0.05;

/// Fisher's exact test, two-sided: how likely chance alone makes two sides differ at least as much, if both fail at the
/// same rate. 1 when a side has no run that counts.
double fisher_exact(const FailureRate& before, const FailureRate& after);

/// The fewest runs on each side that would show the difference, should both go on failing as often as they did. Nothing
/// when they fail equally often, or when kMostRunsNeeded would not do.
std::optional<std::uint32_t> runs_needed(const FailureRate& before, const FailureRate& after);
inline constexpr std::uint32_t kMostRunsNeeded = 200;

}  // namespace blkhang
