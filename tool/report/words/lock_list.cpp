// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/lock_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/words.h"

namespace blkhang {
namespace {

/// Lockdep asks the stack who took a lock. Where a function is watched, it finds what calls the watcher.
bool is_watcher(std::string_view function) {
    return function.starts_with("bpf_trampoline_") || function == "kretprobe_trampoline" ||
           function == "arch_rethook_trampoline" || function == "ftrace_regs_call";
}

std::string with_taker(const LogHeldLock& lock) {
    return lock.taken_at.empty() || is_watcher(lock.taken_at) ? lock.name
                                                              : fmt::format("{} ({})", lock.name, lock.taken_at);
}

std::string note_of(const Record::Locks& locks) {
    if (locks.is_off) {
        return "Lockdep was asked for the locks that are held, and listed none: it had switched itself off, as it does "
               "after its first report.";
    }
    std::string note =
        "Each with the function that took it. A lock is listed from when a task asks for it: the last of a task may be "
        "one that it waits for.";
    if (locks.left_out > 0) {
        note += fmt::format(" {} more were listed than are kept.", locks.left_out);
    }
    return note;
}

}  // namespace

LockList lock_list(const Record& record) {
    LockList list;
    if (!record.held_locks) {
        return list;
    }
    list.note = note_of(*record.held_locks);
    for (const auto& task : record.held_locks->tasks) {
        const bool is_in_cycle =
            record.deadlock &&
            std::ranges::any_of(record.deadlock->tasks, [&](const auto& member) { return member.pid == task.pid; });
        std::vector<std::string> locks;
        std::ranges::transform(task.locks, std::back_inserter(locks), with_taker);
        (is_in_cycle ? list.of_cycle : list.of_others)
            .push_back({task_name(task.comm, task.pid), fmt::format("{}", fmt::join(locks, ", "))});
    }
    return list;
}

}  // namespace blkhang
