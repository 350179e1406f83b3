// SPDX-License-Identifier: GPL-2.0-only
#include "base/forked.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/launch.h"

namespace blkhang {

Result<Forked> fork_teller(const std::function<int(int out)>& work, const char* for_what) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail_errno("making a pipe");
    }
    Fd in{ends[0]};
    const Fd out{ends[1]};
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno(for_what);
    }
    if (pid == 0) {
        ::_exit(work(out.get()));
    }
    return Forked{pid, std::move(in)};
}

std::optional<int> hear_out(const Forked& child, Deadline deadline,
                            const std::function<void(std::string_view piece)>& take) {
    while (!deadline.passed()) {
        pollfd source{child.in.get(), POLLIN, 0};
        if (::poll(&source, 1, static_cast<int>(deadline.remaining().count())) <= 0) {
            continue;
        }
        std::array<char, 65536> buffer{};
        const ssize_t length = ::read(child.in.get(), buffer.data(), buffer.size());
        if (length <= 0) {
            if (const auto exit_code = reap(child.pid, deadline)) {
                return exit_code;
            }
            break;
        }
        take({buffer.data(), static_cast<std::size_t>(length)});
    }
    // No longer than one takes to die that can: in the kernel it may be deaf to that.
    ::kill(child.pid, SIGKILL);
    (void)reap(child.pid, Deadline::after(std::chrono::milliseconds(200)));
    return std::nullopt;
}

}  // namespace blkhang
