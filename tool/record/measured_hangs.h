// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>
#include <vector>

#include "kernels/family.h"

namespace blkhang {

/// What profiles/measured.json tells of a kernel: `version` is that of its package, or `uname -v`, which names it.
std::vector<MeasuredHangs> measured_hangs(std::string_view version);

}  // namespace blkhang
