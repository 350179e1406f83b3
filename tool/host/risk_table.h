// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "guest/host_table.h"
#include "host/host_view.h"

namespace blkhang {

/// Is this host at risk? In two or three sentences, each on a line.
std::string risk_summary(const HostView& view);
/// The members of the family, those that something here sets off first.
std::vector<CheckRow> member_rows(const HostView& view);
/// What of this host decides that: swap and its disks, who writes to their settings, limits, virtual machines, memory.
std::vector<CheckRow> circumstance_rows(const HostView& view);

}  // namespace blkhang
