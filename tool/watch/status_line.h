// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "watch/finding.h"

namespace blkhang {

/// How a watch is doing, in one line of at most so many columns: tier, time, nestings, the longest wait, the last
/// finding.
std::string status_line(const WatchStatus& status, std::size_t columns);
/// What it comes to at the end: "nothing seen in 1m 0s", or the findings by kind.
std::string closing_line(const WatchStatus& status);
/// How many findings there are.
std::uint64_t count_findings(const WatchStatus& status);

}  // namespace blkhang
