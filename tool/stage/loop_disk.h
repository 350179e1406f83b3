// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "stage/staging.h"

namespace blkhang {

/// Makes a file of so many bytes, all of which it has room for, and a disk of it: its path under /dev. The file must
/// not be there, its directory must. IO goes past the page cache where the file system can do that. A kernel without
/// the driver loop, and a file system that cannot set room aside, are Fault::unsupported.
Result<std::filesystem::path> make_loop_disk(const Staging& staging, const std::filesystem::path& file,
                                             std::uint64_t bytes);

}  // namespace blkhang
