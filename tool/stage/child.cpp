// SPDX-License-Identifier: GPL-2.0-only
#include "stage/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/parent.h"

namespace blkhang {

Result<pid_t> start_child(Ledger& ledger, const char* name, const std::function<void()>& work) {
    // It has a number only once it is there, so it waits behind a gate until that was told.
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail_errno(fmt::format("making a pipe for {}", name));
    }
    Fd gate{ends[0]};
    Fd opener{ends[1]};
    const pid_t us = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno(fmt::format("forking {}", name));
    }
    if (pid == 0) {
        die_with(us);
        ::prctl(PR_SET_NAME, name);
        opener.reset();
        char open = 0;
        if (read_some(gate.get(), &open, 1).value_or(0) == 1) {
            gate.reset();
            work();
        }
        ::_exit(1);
    }
    if (auto told = ledger.tell(change::Process{name, pid}); !told) {
        ::kill(pid, SIGKILL);
        return fail(told.error());
    }
    if (auto opened = write_all(opener.get(), "o"); !opened) {
        return fail_within(std::move(opened.error()), fmt::format("starting {}", name));
    }
    return pid;
}

}  // namespace blkhang
