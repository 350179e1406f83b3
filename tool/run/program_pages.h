// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "base/result.h"

namespace blkhang {

/// Which pages of the program's own file (code and constants) a process that has to survive keeps in memory.
enum class ProgramPages : std::uint8_t {
    all,     ///< nothing can be missing
    touched  ///< those that it uses from now on: a tenth of it. What it needs in an emergency has to be rehearsed
};

/// Locks all memory of this process, now and in future: what it can write to as a whole; of the program's file, and of
/// zeroed memory that the program has reserved (.bss), what is touched from now on. What was touched of the file before
/// is given back.
///
/// A page that was never touched is read from its disk when it is, and where that disk is frozen, that does not return.
Status lock_touched_memory();

/// What is wanted has been touched: from now on the kernel may bring in as much around a page as it does elsewhere.
void end_touching();

}  // namespace blkhang
