// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// Do the fields, each within its own range, make sense together? Names every contradiction, not only the first;
/// Fault::usage.
Status check_consistency(const Profile& profile);

}  // namespace blkhang
