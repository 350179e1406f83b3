// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blkhang {

/// Where in what was read something stands: which of the texts, and its line there, from 1.
struct LogPlace {
    std::uint32_t text = 0, line = 0;
    bool operator==(const LogPlace&) const = default;
};

/// One frame of a stack, as a log shows it.
struct LogFrame {
    std::string function;  ///< without offset, size and build id; a compiler's suffix (.isra.0) stays
    std::string offset;    ///< `+0x1a2/0x5e0`; empty where the log has none
    std::string module;    ///< empty: the kernel itself, or not told
    std::string source;    ///< `block/elevator.c:715`, where the trace was decoded; else empty
    bool doubted = false;  ///< the unwinder doubts it: `?`, `(unreliable)`
    bool inlined = false;
    bool operator==(const LogFrame&) const = default;
};
using LogStack = std::vector<LogFrame>;  ///< innermost first

/// A lock that a list of held locks gives to a task (lockdep), outermost first in such a list.
struct LogHeldLock {
    std::string name;      ///< its class, `pcpu_alloc_mutex`, `&q->queue_lock`
    std::string taken_at;  ///< function of the place that took it; empty if not told
};

/// Who stands in a task's way, as the kernel's own hung-task detector said it (since 6.16).
struct LogBlocker {
    std::string lock;      ///< "mutex", "semaphore", "rw-semaphore", "I/O"
    std::string comm;      ///< empty: not told
    std::int32_t pid = 0;  ///< 0: not told, as in "but the owner is not found", and of I/O
};

/// One look at one task: its state, its stack and what the log says that it holds, at one moment. The same task may
/// have been looked at several times.
struct LogTask {
    std::optional<std::int32_t> pid;  ///< nothing where a stack stands without a task, as in /proc/PID/stack
    std::string comm;                 ///< empty where only the pid is told
    /// The letter of the task dump; R also of one that a CPU was found running ("CPU: 1 PID: 811 Comm: dd").
    std::optional<char> state;
    std::optional<std::uint64_t> at_ns;     ///< since boot; nothing where the log has no such times
    std::optional<std::uint64_t> clock_ns;  ///< by a clock on the wall, which has no known beginning
    /// How often the machine had booted before this line, in what was read. Pids of two boots are not compared.
    std::uint32_t boot = 0;
    std::optional<std::uint64_t> blocked_for_ns;  ///< "blocked for more than 122 seconds"
    LogStack stack;
    std::vector<LogHeldLock> holds;
    std::optional<LogBlocker> blocked_by;
    /// Shown because the kernel's own housekeeping stood still, not because it is complained of: the grace-period
    /// kthread of an RCU stall.
    bool bystander = false;
    /// Lines are missing where its stack stands, by the numbers of their records: it may even be that of two tasks.
    bool has_gap = false;
    LogPlace place;
};

/// A claim of lockdep: an order of locks in which a deadlock is possible.
struct LockdepSplat {
    /// A lock of the chain, and the stack with which it was first taken behind the one before.
    struct Link {
        std::string name;
        LogStack stack;
    };
    /// "possible circular locking dependency detected", "possible recursive locking detected", ... Of an inconsistent
    /// lock state the states are added: "inconsistent lock state: {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage".
    std::string headline;
    std::string comm;
    std::optional<std::int32_t> pid;
    std::string wants, wants_at;  ///< the lock that is being taken, and the function that takes it
    std::string holding;          ///< the lock that is "already held", against which it is; empty: not told
    /// All that it holds: those of the list of held locks, and `holding` before them if it is not in that list.
    std::vector<LogHeldLock> holds;
    std::vector<Link> chain;  ///< of a circular one, as printed: #N first, #0 last
    LogStack stack;           ///< of the task that it was found in
    LogPlace place;
};

/// What the kernel complained of. Its task and stack stand among the tasks; those of lockdep stand in its splat.
struct LogComplaint {
    enum class Kind {
        hung_task,
        soft_lockup,
        hard_lockup,
        rcu_stall,
        percpu_failure,
        workqueue_lockup,
        lockdep,
        blocked_tasks,
        oops,
        panic,
        allocation_failure,
        io_error,       ///< of a disk: errors, time-outs, resets
        server_silent,  ///< of NFS, Ceph, CIFS, iSCSI, NBD
        out_of_memory
    };
    Kind kind;
    std::string headline;             ///< the line that says what it is, without time stamps
    std::optional<std::int32_t> pid;  ///< of whom is complained; of a stall it may be known only some lines later
    std::optional<std::uint64_t> at_ns;
    LogPlace place;
};

/// All that one or several texts of one freeze tell: kernel logs in any of the forms in which people keep them, dumps
/// of tasks, stacks of /proc.
struct LogStory {
    std::string release;         ///< of the kernel, `6.1.0-56-cloud-amd64`; empty if not told
    std::vector<LogTask> tasks;  ///< in the order in which they stand
    std::vector<LockdepSplat> splats;
    std::vector<LogComplaint> complaints;
    std::uint64_t left_out = 0;  ///< lines that were beyond the limits
};

}  // namespace blkhang
