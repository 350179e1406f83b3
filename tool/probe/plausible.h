// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "judge/observation.h"

namespace blkhang {

/// Does the stack show that the task was not inside the outer scope? That happens if the exit from it was not seen.
/// Only a stack that goes down to where the task entered the kernel can say so; without one an edge is taken at its
/// word.
bool is_contradicted(const seen::Edge& edge);

}  // namespace blkhang
