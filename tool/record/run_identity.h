// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "record/matrix.h"

namespace blkhang {

/// Equal for all copies of one run, in a matrix or beside it, and for no two runs: by which kernel, profile and plant
/// it was, when, how long and how much it did. Empty where it is not known when it was.
std::string identity_of(const CellResult& run);

}  // namespace blkhang
