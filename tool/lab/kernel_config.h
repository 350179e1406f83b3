// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "lab/kernel.h"

namespace blkhang {

/// The .config of the kernel, as its package or build tree has it; empty where none came with it.
std::string config_of(const Kernel& kernel);

}  // namespace blkhang
