// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// A child of ours that runs on in this program, for what may never return from the kernel, and tells what it finds.
struct Forked {
    pid_t pid;  ///< hear_out() reaps it, or gives it up: in the kernel it may be deaf to every signal
    Fd in;      ///< what it writes; ends when it does
};
/// `work` gets the other end, and its answer is the child's exit status. Only from where no other thread is needed
/// there: a child has the one that forked. `for_what` goes into an error: "starting to read the devices".
Result<Forked> fork_teller(const std::function<int(int out)>& work, const char* for_what);

/// Hands on what the child writes, in pieces as they come, and reaps it: its exit code (128+N for signal N). Nothing if
/// it has not ended by the deadline: then it is killed, and left behind if that does not end it at once.
std::optional<int> hear_out(const Forked& child, Deadline deadline,
                            const std::function<void(std::string_view piece)>& take);

}  // namespace blkhang
