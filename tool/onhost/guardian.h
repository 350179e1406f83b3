// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// A process of a session of its own that waits to be dismissed. If we end without that, however that comes, or have
/// not dismissed it by the deadline, it does what is to be done then; in the latter case it kills us before, and gives
/// us a moment to be gone. Its memory is locked, and no signal but SIGKILL ends it, nor does the OOM killer.
class Guardian {
public:
    /// What is to be done; told of us if we are stuck in the kernel and deaf to SIGKILL, and so hold our locks still.
    using Undo = std::function<void(std::optional<pid_t> deaf)>;
    static Result<Guardian> post(Deadline deadline, const Undo& undo);

    /// Is it there still, so that all would be undone without us? Somebody with SIGKILL may have ended it.
    [[nodiscard]] bool is_there() const;
    /// All is over: it ends, without having done anything.
    void dismiss();
    /// In a child of ours, which must not look as if we were still there.
    void forget() { line_.reset(); }

private:
    Guardian(pid_t pid, Fd line) : pid_(pid), line_(std::move(line)) {}
    pid_t pid_;
    Fd line_;
};

}  // namespace blkhang
