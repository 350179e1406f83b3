// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "guest/plan.h"
#include "matrix/request.h"
#include "profile/profile.h"

namespace blkhang {

/// The guests that the profiles want, by the profile's name; without a kernel.
std::map<std::string, GuestPlan> guests_of(const std::vector<Profile>& profiles);

/// How long a cell with that guest may take, image and record included: what was asked for, or what its profile may
/// take at most and a minute.
std::chrono::milliseconds cell_limit(const MatrixRequest& request, const GuestPlan& guest);

}  // namespace blkhang
