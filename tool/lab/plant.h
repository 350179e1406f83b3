// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lab/kernel.h"

namespace blkhang {

/// Names of the planted bugs that this program carries the source of.
std::vector<std::string> plant_names();

/// Is it one of them, or of the other words that may stand there? Fault::usage.
Status check_plant_name(std::string_view name, const std::vector<std::string>& others = {});

/// Builds the module of a planted bug against the kernel's headers, which are fetched if need be, and returns the .ko
/// in the cache. The same source for the same headers is built only once. An unknown name is the user's mistake.
Result<std::filesystem::path> build_plant(std::string_view name, Kernel& kernel);

}  // namespace blkhang
