// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// Names of the profiles inside this program, sorted.
std::vector<std::string> shipped_profiles();

/// A shipped profile by its name, or any by a path that ends in ".toml". Fault::usage when there is none, or when it is
/// wrong.
Result<Profile> load_profile(std::string_view name_or_path);

}  // namespace blkhang
