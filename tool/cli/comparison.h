// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cli/exit_code.h"
#include "report/compare/compare.h"

namespace blkhang {

/// good: 0; fails: 1; nothing shown: 3.
ExitCode exit_code(Outcome outcome);

}  // namespace blkhang
