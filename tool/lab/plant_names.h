// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// Names of the planted bugs that this program carries the source of.
std::vector<std::string> plant_names();

/// Is it one of them, or of the other words that may stand there? Fault::usage.
Status check_plant_name(std::string_view name, const std::vector<std::string>& others = {});

}  // namespace blkhang
