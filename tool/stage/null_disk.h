// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "stage/staging.h"

namespace blkhang {

/// Name of the disk under /dev, and of its directory under /sys/kernel/config/nullb. Not nullb0: the driver makes that
/// one itself.
inline constexpr const char* kNullDisk = "nullb1";

/// Makes a disk that keeps its data in the kernel's own memory, through the configfs of null_blk, in a directory of
/// this name: what it is called under /dev, by newer drivers as the directory is, by older ones (before 6.0) with an
/// index of their own. Not nullbN, unless it is known that N is the next index: who had that name already? The size is
/// in bytes, a multiple of 1 MiB. A kernel without the driver is Fault::unsupported.
Result<std::string> make_null_disk(const Staging& staging, const std::string& directory, std::uint64_t size);

/// What the disk of such a directory may be called under /dev, the likelier first.
std::vector<std::string> null_disk_names(const std::filesystem::path& directory);

/// Makes kNullDisk.
Status make_null_disk(const Staging& staging, std::uint64_t size);

}  // namespace blkhang
