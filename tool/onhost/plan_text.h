// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "guest/plan_rows.h"
#include "onhost/host_run_request.h"
#include "onhost/objections.h"
#include "onhost/situation.h"

namespace blkhang {

/// What a run would do to this host, what may freeze, how evidence would get out and how all is undone; and what speaks
/// against it. `profile` is the one that would be run. Pure.
PlanRows describe(const HostRunRequest& request, const Result<ScaledProfile>& profile, const HostSituation& situation,
                  const Objections& against);

}  // namespace blkhang
