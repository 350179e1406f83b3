// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "judge/observation.h"

namespace blkhang {

/// The proof as a line without its stacks: a cycle of three tasks takes less than a KiB, so that it fits on a page and
/// is made quickly.
std::string short_proof(seen::Proof proof);

}  // namespace blkhang
