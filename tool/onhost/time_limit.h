// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>

#include "onhost/host_run_request.h"

namespace blkhang {

/// For how long a run may take at most, but for undoing: what was asked for, else what it may need; and until its
/// watchdog has reset the host, if it has one. `profile` is the one that is run. Pure.
std::chrono::seconds time_limit(const HostRunRequest& request, const Profile& profile);

}  // namespace blkhang
