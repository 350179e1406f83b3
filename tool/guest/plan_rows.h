// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "profile/profile.h"

namespace blkhang {

/// What a run would do, for --dry-run: what it is about ("disks"), and how in a sentence. A name may come several
/// times.
using PlanRows = std::vector<std::pair<std::string, std::string>>;

/// Comments before the profile with every value resolved: all of it is a profile again.
std::string plan_text(const PlanRows& rows, const Profile& profile);

/// An object with a list of sentences for each name, and `profile_toml`.
std::string plan_json(const PlanRows& rows, const Profile& profile);

}  // namespace blkhang
