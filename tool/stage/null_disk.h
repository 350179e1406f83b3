// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "base/result.h"
#include "stage/staging.h"

namespace blkhang {

/// Name of the disk under /dev, and of its directory under /sys/kernel/config/nullb. Not nullb0: the driver makes that
/// one itself.
inline constexpr const char* kNullDisk = "nullb1";

/// Makes kNullDisk, which keeps its data in the kernel's own memory, through the configfs of null_blk. The size is in
/// bytes, a multiple of 1 MiB. A kernel without the driver is Fault::unsupported.
Status make_null_disk(const Staging& staging, std::uint64_t size);

}  // namespace blkhang
