// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "guest/progress.h"
#include "guest/scale.h"
#include "onhost/host_run_request.h"
#include "record/record.h"

namespace blkhang {

/// What came of a run on this host.
struct HostRunResult {
    Record record;
    std::vector<std::string> left;  ///< what could not be undone, with the command that would
    bool needs_reboot = false;
};

/// The whole run: claims the disks, keeps a ledger, makes a scope, has the load run in it, records, and undoes all of
/// it. Against it nothing may speak: see objections(). An error means that there is no record; what was changed by then
/// is undone all the same. `profile` is the request's, scaled to this host.
///
/// There are four processes that matter. Ours records, and undoes. One is below the scope, with its memory locked:
/// it stages, watches and judges, and everything that loads the host is its child. One that does nothing keeps the
/// scope. And a guardian, outside the scope and the session, stops the load and undoes when we are gone, or when the
/// time is over that a run may take at most.
Result<HostRunResult> run_on_this_host(const HostRunRequest& request, const ScaledProfile& profile,
                                       Progress::Kind progress);

}  // namespace blkhang
