// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"
#include "stage/staging.h"

namespace blkhang {

/// Brings up the CPUs that are offline.
Status online_cpus(const Staging& staging);

}  // namespace blkhang
