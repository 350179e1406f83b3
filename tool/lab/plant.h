// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "lab/kernel.h"

namespace blkhang {

/// Builds the module of a planted bug against the kernel's headers, which are fetched if need be, and returns the .ko
/// in the cache. The same source for the same headers is built only once. An unknown name is the user's mistake.
Result<std::filesystem::path> build_plant(std::string_view name, Kernel& kernel);

}  // namespace blkhang
