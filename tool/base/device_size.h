// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "base/result.h"

namespace blkhang {

/// Bytes of an open block device, or of a file in place of one.
Result<std::uint64_t> device_size(int fd);

}  // namespace blkhang
