// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>

#include "base/result.h"
#include "run/program_pages.h"

namespace blkhang {

/// Memory that is locked only to be given back: when the machine has none left, freeing it is what lets the last steps
/// (opening /proc files, the port's own buffers) get some.
class Ballast {
public:
    static Result<Ballast> take(std::size_t bytes);
    Ballast(Ballast&& other) noexcept;
    Ballast& operator=(Ballast&&) = delete;
    Ballast(const Ballast&) = delete;
    Ballast& operator=(const Ballast&) = delete;
    ~Ballast() { drop(); }
    void drop();

private:
    Ballast(void* memory, std::size_t bytes) : memory_(memory), bytes_(bytes) {}
    void* memory_;
    std::size_t bytes_;
};

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
