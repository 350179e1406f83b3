// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "report/history/history.h"

namespace blkhang {

/// OpenMetrics text 1.0 (github.com/prometheus/OpenMetrics) of matrices whose names are all different. It has but
/// gauges: what a matrix came to is a state, not a count that goes on, and of gauges OpenMetrics and the older text
/// format of Prometheus are written alike. Samples bear no time stamps, which scrapers and textfile collectors refuse
/// of what is long past: when runs began is a value.
std::string render_openmetrics(const std::vector<NamedMatrix>& matrices);

}  // namespace blkhang
