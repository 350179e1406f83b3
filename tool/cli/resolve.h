// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// The profile with every `--set key=value` applied in turn, checked as a whole. Errors are the user's.
Result<Profile> resolve_profile(const std::string& name_or_path, const std::vector<std::string>& sets);

}  // namespace blkhang
