// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

#include "base/result.h"
#include "lab/qemu.h"

namespace blkhang {

/// KVM if it really boots this kernel here, else TCG. /dev/kvm may exist and yet start nothing that ever speaks, so the
/// first call for a kernel after a boot of this host tries, which takes some seconds; the answer is kept in the cache.
Accelerator choose_accelerator(const std::filesystem::path& kernel_image);

/// Does the kernel begin to boot, seen on its console, before the deadline?
Result<bool> boots_with(Accelerator accelerator, const std::filesystem::path& kernel_image, Deadline deadline);

}  // namespace blkhang
