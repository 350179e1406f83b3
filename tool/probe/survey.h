// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// How well the kernel that runs here could be watched: attaches the probes, which stay silent, and detaches them
/// again. Needs root. The error lists why no tier works.
Result<seen::Tier> survey_tiers();

}  // namespace blkhang
