// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// The profile with every `--set key=value` applied in turn, checked as a whole. Errors are the user's.
Result<Profile> resolve_profile(const std::string& name_or_path, const std::vector<std::string>& sets);
/// The same for several. Two that bear one name are refused: their records could not be told apart.
Result<std::vector<Profile>> resolve_profiles(const std::vector<std::string>& names_or_paths,
                                              const std::vector<std::string>& sets);

}  // namespace blkhang
