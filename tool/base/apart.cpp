// SPDX-License-Identifier: GPL-2.0-only
#include "base/apart.h"

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
    const auto exit_code = hear_out(*child, deadline, [&](std::string_view piece) { text += piece; });
    return exit_code == 0 ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace blkhang
