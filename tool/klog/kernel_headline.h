// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>

#include "klog/kernel_log.h"

namespace blkhang {

/// The report that begins with this line, if one does: its kind, its headline, and the task that the line names. The
/// line is without prefix; the report's time is left for the caller to fill in.
std::optional<KernelReport> begun_by(std::string_view line);

/// Another story begins, or the present one is over.
bool ends_report(std::string_view line);

/// A line that adds to an RCU stall already told, or tells of one where none was.
bool is_starved_kthread(std::string_view line);

}  // namespace blkhang
