// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "judge/observation.h"

namespace blkhang {

/// What every evidence stream begins with: when, on which kernel, told by which blkhang.
seen::Hello hello_of_this_kernel();

}  // namespace blkhang
