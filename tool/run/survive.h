// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>

#include "base/result.h"
#include "run/program_pages.h"

namespace blkhang {

/// From now on large blocks go back to the kernel when they are freed, instead of staying in a heap that will be
/// locked. Call before the kernel's symbols and types are read, which takes tens of megabytes for a moment.
void return_large_blocks();

/// Keeps threads from costing much locked memory: one heap for all of them and small stacks. Call before the first
/// thread.
void keep_threads_small();

/// Makes this process one that goes on when the machine does not: exempt from the OOM killer, all its memory locked
/// with a heap grown ahead of need, its own reclaim kept from starting IO (PR_SET_IO_FLUSHER, 5.6), and scheduled
/// before the load. Call after the load was forked: none of it is meant for that.
Status prepare_to_survive(std::size_t heap_bytes, ProgramPages program = ProgramPages::all);

/// Bytes that this process has locked (VmLck).
Result<std::size_t> locked_memory();

}  // namespace blkhang
