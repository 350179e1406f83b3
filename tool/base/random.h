// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "base/result.h"

namespace blkhang {

/// Random bytes of the kernel's.
Status fill_with_random(std::span<std::byte> bytes);
/// The same where there is no getrandom(2) (before 3.17), out of a device.
Status fill_from_device(std::span<std::byte> bytes, const std::filesystem::path& device = "/dev/urandom");

}  // namespace blkhang
