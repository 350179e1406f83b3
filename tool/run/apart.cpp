// SPDX-License-Identifier: GPL-2.0-only
#include "run/apart.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

/// All that arrives until the other end closes; nothing if it has not by the deadline.
std::optional<std::string> read_until_closed(const Fd& in, Deadline deadline) {
    std::string text;
    while (!deadline.passed()) {
        pollfd source{in.get(), POLLIN, 0};
        if (::poll(&source, 1, static_cast<int>(deadline.remaining().count())) <= 0) {
            continue;
        }
        std::array<char, 4096> buffer{};
        const auto length = ::read(in.get(), buffer.data(), buffer.size());
        if (length <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(length));
    }
    return std::nullopt;
}

}  // namespace

Result<std::optional<std::string>> answer_apart(const std::function<std::string()>& work, Deadline deadline) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail_errno("making a pipe");
    }
    const Fd in{ends[0]};
    Fd out{ends[1]};
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno("starting a process that looks at this host");
    }
    if (pid == 0) {
        const bool sent = write_all(out.get(), work()).has_value();
        ::_exit(sent ? 0 : 1);
    }
    out.reset();
    auto text = read_until_closed(in, deadline);
    if (!text) {
        ::kill(pid, SIGKILL);  // and no waiting
        return std::optional<std::string>();
    }
    int status = 0;
    const bool ended_well = ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return ended_well ? std::move(text) : std::nullopt;
}

}  // namespace blkhang
