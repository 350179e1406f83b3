// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

namespace blkhang {

/// In a child, first of all: it is killed when `parent`, the process that it was forked by, dies (PR_SET_PDEATHSIG,
/// which follows the thread that forked). One that has died before this could be said ends here. Allocates nothing.
void die_with(pid_t parent);

}  // namespace blkhang
