// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace blkhang {

/// What each process that a watch (or a run on this host) forks does first: it has a name of its own, dies with
/// the process that forked it (0: it does not), and heeds no signal that is meant for the one that was started.
void become(const char* name, pid_t dies_with);

/// Why such a process does not begin, for the one that forked it: fault and message.
std::string encode(const Error& error);
/// Of what encode() has made.
Error decode_error(std::string_view text);

/// A process that we have forked and never wait for without a deadline: in the kernel it may be deaf to every signal.
class OwnProcess {
public:
    /// What fork(2) returned here; where that failed, it counts as one that has ended.
    explicit OwnProcess(pid_t pid) : pid_(pid) {}

    [[nodiscard]] bool ended();
    /// True once it has ended.
    bool wait(Deadline deadline);
    void kill();

private:
    pid_t pid_;
};

}  // namespace blkhang
