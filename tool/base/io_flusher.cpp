// SPDX-License-Identifier: GPL-2.0-only
#include "base/io_flusher.h"

#include <sys/prctl.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

namespace blkhang {

bool become_io_flusher() { return ::prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) == 0; }

void leave_io_flusher() { ::prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0); }

}  // namespace blkhang
