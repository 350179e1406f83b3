// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "judge/observation.h"
#include "record/record.h"

namespace blkhang {

/// Where nothing but stacks was watched and no deadlock was proven by them: the circle of a known hang that they fit,
/// though part of it is inferred, as `blkhang diagnose` reads it, of a kernel of this release. In a sentence; empty if
/// they fit none, or if a task of it was not found in the same place each time, for ten seconds or more and to the last
/// look.
std::string suspected_hang(const std::vector<seen::BlockedTask>& looks, std::string_view release);

/// The hazard of this record is such a suspicion, and nothing more.
bool is_suspicion(const Record& record);

}  // namespace blkhang
