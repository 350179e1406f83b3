// SPDX-License-Identifier: GPL-2.0-only
#include "base/apart.h"

#include <sys/wait.h>

#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/forked.h"

namespace blkhang {

Result<std::optional<std::string>> answer_apart(const std::function<std::string()>& work, Deadline deadline) {
    const auto child = fork_teller([&](int out) { return write_all(out, work()).has_value() ? 0 : 1; },
                                   "starting a process for what may get stuck");
    if (!child) {
        return fail(child.error());
    }
    std::string text;
    if (!hear_out(*child, deadline, [&](std::string_view piece) { text += piece; })) {
        return std::optional<std::string>();
    }
    int status = 0;
    const bool ended_well =
        ::waitpid(child->pid, &status, 0) == child->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return ended_well ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace blkhang
