// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "base/result.h"
#include "host/host_view.h"
#include "judge/observation.h"

namespace blkhang {

/// All of `check` for people: what to know first, then what that comes from.
std::string host_text(const HostView& view, const Result<seen::Tier>& tier, bool colour);

}  // namespace blkhang
