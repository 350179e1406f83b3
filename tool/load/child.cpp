// SPDX-License-Identifier: GPL-2.0-only
#include "load/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace blkhang {

Result<pid_t> start_child(const char* name, const std::function<void()>& work) {
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno(fmt::format("forking {}", name));
    }
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_NAME, name);
        work();
        ::_exit(1);
    }
    return pid;
}

}  // namespace blkhang
