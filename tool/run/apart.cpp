// SPDX-License-Identifier: GPL-2.0-only
#include "run/apart.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "base/forked.h"

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
    const auto child = fork_teller([&](int out) { return write_all(out, work()).has_value() ? 0 : 1; },
                                   "starting a process that looks at this host");
    if (!child) {
        return fail(child.error());
    }
    auto text = read_until_closed(child->in, deadline);
    if (!text) {
        ::kill(child->pid, SIGKILL);  // and no waiting
        return std::optional<std::string>();
    }
    int status = 0;
    const bool ended_well =
        ::waitpid(child->pid, &status, 0) == child->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return ended_well ? std::move(text) : std::nullopt;
}

}  // namespace blkhang
