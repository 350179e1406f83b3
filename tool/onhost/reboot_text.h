// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "onhost/host_run_request.h"
#include "onhost/situation.h"

namespace blkhang {

/// What to tell whoever has to reboot this host after a run, since not all could be undone: what is lost by that, and
/// how to go on afterwards. Sentences. Pure.
std::vector<std::string> about_the_reboot(const HostRunRequest& request, const RunningPrograms& running);

}  // namespace blkhang
