// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// Reads a profile; what the text leaves out keeps its default. Names the problems in it, sorted by place, one per line
/// as `FILE:LINE:COLUMN: key 'churn.rng': unknown key; did you mean 'churn.ring'?`, and few_of() them; Fault::usage.
Result<Profile> parse_profile(std::string_view toml, std::string_view file_name);

/// Every field with its value, in the order of the table of fields; parse_profile() reads the same profile back.
std::string to_toml(const Profile& profile);

}  // namespace blkhang
