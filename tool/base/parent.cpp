// SPDX-License-Identifier: GPL-2.0-only
#include "base/parent.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace blkhang {

void die_with(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The kernel tells of deaths to come only.
    if (::getppid() != parent) {
        ::_exit(127);
    }
}

}  // namespace blkhang
