// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

enum class Verbosity { quiet, normal, verbose };

/// Diagnostics go to standard error through spdlog, results never do. Call once, before any thread starts.
void setup_log(Verbosity verbosity, bool colour);

}  // namespace blkhang
