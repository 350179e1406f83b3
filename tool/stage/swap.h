// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

#include "base/result.h"

namespace blkhang {

/// Writes an empty swap area over the whole disk (what was there is gone) and swaps to it from now on.
Status start_swapping(const std::filesystem::path& disk);

}  // namespace blkhang
