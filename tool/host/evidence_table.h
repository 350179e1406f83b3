// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "guest/host_table.h"
#include "host/host_view.h"

namespace blkhang {

/// Would a hang of this host leave anything? In a sentence.
std::string evidence_summary(const HostView& view);
/// Each way by which evidence would get out or be kept, with a line of advice.
std::vector<CheckRow> evidence_rows(const HostView& view);
/// Who makes cgroups here, and what blkhang's own would have to heed.
std::vector<CheckRow> cgroup_rows(const HostView& view);

}  // namespace blkhang
