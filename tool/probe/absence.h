// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "judge/observation.h"
#include "kernels/functions.h"

namespace blkhang {

class Symbols;

/// Why a program stands nowhere whose function this kernel does not have. Where it was certainly built without all that
/// the function is part of (kernels/facilities.h), the option is what is missing, and no verdict minds. A list of
/// symbols that is empty or cut short proves nothing.
seen::Tier::Missing absence_of(const std::string& program, const FunctionNames& function, const Symbols& symbols);

/// A facility goes with several programs.
void add_once(std::vector<seen::Tier::Missing>& missing, seen::Tier::Missing one);

}  // namespace blkhang
