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

#include "base/file.h"

namespace blkhang {
namespace {

/// For it to be gone once it was killed; after that it is stuck in the kernel.
constexpr auto kEndTime = std::chrono::seconds(5);

/// Waits for the other side to be gone, at most until the deadline. Is it? Nothing is ever said.
bool is_gone_by(Deadline deadline, int line) {
    pollfd from{line, POLLIN, 0};
    int ready = 0;
    do {
        const auto left = std::min<std::int64_t>(deadline.remaining().count(), INT_MAX);
        ready = ::poll(&from, 1, static_cast<int>(left));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

[[noreturn]] void guard(int line, pid_t whom, Deadline deadline, const Guardian::Undo& undo) {
    ::setsid();
    ::prctl(PR_SET_NAME, "blkhang-guard");
    for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGTSTP}) {
        ::signal(ignored, SIG_IGN);
    }
    static_cast<void>(::mlockall(MCL_CURRENT | MCL_FUTURE));
    static_cast<void>(write_knob("/proc/self/oom_score_adj", "-1000"));
    static_cast<void>(is_gone_by(deadline, line));
    // By its number alone it is not known: if the guardian was stopped for long, somebody else may have that by now.
    std::optional<pid_t> deaf;
    if (::getppid() == whom) {
        ::kill(whom, SIGKILL);
        // Who dies closes its files before its children get another parent (do_exit() in kernel/exit.c).
        const bool gone = is_gone_by(Deadline::after(kEndTime), line);
        deaf = !gone && ::getppid() == whom ? std::optional(whom) : std::nullopt;
    }
    undo(deaf);
    ::_exit(0);
}

}  // namespace

Result<Guardian> Guardian::post(Deadline deadline, const Undo& undo) {
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

bool Guardian::is_there() const {
    siginfo_t ended{};  // which stays to be waited for: its number is not another's until then
    return ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
}

void Guardian::dismiss() {
    ::kill(pid_, SIGKILL);  // it does nothing yet, and may have been stopped
    ::waitpid(pid_, nullptr, 0);
    line_.reset();
}

}  // namespace blkhang
