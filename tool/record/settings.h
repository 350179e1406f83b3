// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>

#include "profile/profile.h"

namespace blkhang {

/// What a run was asked for: every value of its resolved profile by key ("churn.ring", "trigger.1.file"), as text. What
/// only names or describes the profile is left out.
using Settings = std::map<std::string, std::string>;
Settings settings_of(const Profile& profile);

/// The same for the same settings, on every machine and in every version: a UUID of version 5 (from SHA-1) over their
/// lines KEY=VALUE, without its dashes.
std::string digest_of(const Settings& settings);

}  // namespace blkhang
