// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.h"

namespace blkhang {

/// How to start a process. All of it is prepared before the fork: afterwards only async-signal-safe calls are allowed.
struct Launch {
    std::vector<std::string> argv;            ///< argv[0] is looked up in PATH
    std::vector<std::string> environment;     ///< complete; empty: ours
    std::filesystem::path directory;          ///< empty: ours
    std::vector<Child::Inherit> descriptors;  ///< the child gets these, and 0, 1, 2; nothing else stays open in it
};

/// Forks, places the descriptors, executes. The child leads a process group of its own, and is killed when the thread
/// that called this ends. The caller must reap it. Failures of the child up to and including exec are reported here.
Result<pid_t> launch(const Launch& what);

/// Reaps the child if it has ended, after killing what is left of its process group; its exit code (128+N for signal
/// N), or nothing while it runs. 255 when somebody else has reaped it.
std::optional<int> reap_if_ended(pid_t leader);

/// reap_if_ended(), tried until the deadline.
std::optional<int> reap(pid_t leader, Deadline deadline);

/// SIGKILL to the whole group, then reap() for a few seconds: a task stuck inside the kernel stays.
std::optional<int> kill_and_reap(pid_t leader);

}  // namespace blkhang
