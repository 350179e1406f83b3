// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// How well the kernel that runs here could be watched, found out in a child process: attaching probes allocates
/// per-CPU memory, and on a host that already hangs it would never return. Then this does, at the deadline, and says
/// so. Nor is anything attached while a task has waited for pcpu_alloc_mutex for a second.
Result<seen::Tier> survey_host(Deadline deadline);

}  // namespace blkhang
