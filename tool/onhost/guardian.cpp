// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

namespace blkhang {
namespace {

constexpr char kOver = 'o';

enum class News { over, gone, none };

/// Waits for it, at most until the deadline.
News listen(int line, Deadline deadline) {
    for (;;) {
        pollfd from{line, POLLIN, 0};
        const auto left = std::min<std::int64_t>(deadline.remaining().count(), INT_MAX);
        const int ready = ::poll(&from, 1, static_cast<int>(left));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return News::none;
        }
        char word = 0;
        return ::read(line, &word, 1) == 1 && word == kOver ? News::over : News::gone;
    }
}

[[noreturn]] void guard(int line, pid_t whom, Deadline deadline, const std::function<void()>& undo) {
    ::setsid();
    ::prctl(PR_SET_NAME, "blkhang-guard");
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGTSTP}) {
        ::signal(ignored, SIG_IGN);
    }
    static_cast<void>(::mlockall(MCL_CURRENT | MCL_FUTURE));
    const auto news = listen(line, deadline);
    if (news == News::none) {
        ::kill(whom, SIGKILL);
    }
    if (news != News::over) {
        undo();
    }
    ::_exit(0);
}

}  // namespace

Result<Guardian> Guardian::post(Deadline deadline, const std::function<void()>& undo) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail_errno("making a pipe for the guardian");
    }
    Fd theirs{ends[0]};
    Fd ours{ends[1]};
    const pid_t us = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno("forking the guardian");
    }
    if (pid == 0) {
        ours.reset();
        guard(theirs.get(), us, deadline, undo);
    }
    return Guardian(pid, std::move(ours));
}

void Guardian::dismiss() {
    static_cast<void>(::write(line_.get(), &kOver, 1));
    line_.reset();
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace blkhang
