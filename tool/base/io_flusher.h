// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// From now on no allocation of this process starts IO, and processes that it forks inherit that (PR_SET_IO_FLUSHER,
/// kernel/sys.c). False before 5.6, which has no such thing, and without CAP_SYS_RESOURCE.
bool become_io_flusher();
void leave_io_flusher();

}  // namespace blkhang
