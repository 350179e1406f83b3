// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>

#include "klog/kernel_text.h"

/// Lines that name a task.
namespace blkhang {

/// `task:bash state:D stack:0 pid:812 ...`, from 5.10 on, and `bash            D ffff... 0 812 1 0x00000000` before it:
/// the columns under "task PC stack pid father", which may stick together (`D13832`).
std::optional<kernel_text::TaskView> dumped_task(std::string_view line);

struct RunningTask {
    kernel_text::TaskView task;
    std::string_view release;  ///< of the kernel; empty: not told
};
/// `CPU: 1 PID: 812 Comm: bash Not tainted 6.1.0 #1`, `CPU: 1 UID: 0 PID: ...` from 6.12 on, and `Pid: 812, comm: bash
/// Not tainted 3.2.0` until 3.9.
std::optional<RunningTask> running_task(std::string_view line);

/// The release in `      Not tainted 6.1.0-43 #1`, `Tainted: G W 6.1.0 #1`, `6.1.0 #1 Not tainted` and `Linux version
/// 6.1.0 (...`; empty if there is none.
std::string_view release_in(std::string_view line);

struct BlockerLine {
    kernel_text::TaskView waiter;
    std::string_view lock;  ///< "mutex", "semaphore", "rw-semaphore"
    std::optional<kernel_text::TaskView> owner;
};
/// `INFO: task A:1 is blocked on a mutex likely owned by task B:2.` and its relatives, where the kernel has
/// DETECT_HUNG_TASK_BLOCKER. A reader or writer is marked `<reader>`.
std::optional<BlockerLine> blocker_in(std::string_view line);

/// The pid in `==> /proc/811/stack <==` and in `/proc/811/stack:[<0>] f+0x1/0x2`, and what stands behind it.
struct ProcStackLine {
    std::int32_t pid;
    std::string_view rest;
};
std::optional<ProcStackLine> proc_stack_in(std::string_view line);

}  // namespace blkhang
