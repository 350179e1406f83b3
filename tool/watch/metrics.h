// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "watch/finding.h"

namespace blkhang {

/// The state of a watch as node_exporter's textfile collector reads it (Prometheus text format, version 0.0.4).
std::string metrics_text(const WatchStatus& status);

}  // namespace blkhang
