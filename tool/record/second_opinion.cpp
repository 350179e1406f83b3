// SPDX-License-Identifier: GPL-2.0-only
#include "record/second_opinion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/words.h"
#include "diagnose/circle.h"
#include "diagnose/splat_reading.h"

namespace blkhang {
namespace {

constexpr std::size_t kNamesTold = 5;

/// Classes get "#2" or "/1" behind their name.
bool names(const KernelReport& report, std::string_view lock) {
    return std::ranges::any_of(report.locks, [lock](const std::string& name) { return name.starts_with(lock); });
}

/// The other side of the order that this family of deadlocks is about; empty if the report does not name it. Before
/// 4.14 reclaim was no lock of its own but a state of others (RECLAIM_FS).
std::string_view counterpart(const KernelReport& report) {
    if (report.kind != KernelReport::Kind::lockdep || !names(report, kPercpuMutex)) {
        return {};
    }
    if (names(report, "fs_reclaim")) {
        return "fs_reclaim";
    }
    if (names(report, "&q->q_usage_counter")) {
        return "q_usage_counter";
    }
    return report.headline.find("RECLAIM_FS") != std::string::npos ? "reclaim" : std::string_view{};
}

bool is_in(const Deadlock& deadlock, const KernelReport::Task& task) {
    return std::ranges::any_of(deadlock.tasks, [&task](const auto& member) { return member.pid == task.pid; });
}

std::string joined(const std::vector<KernelReport::Task>& tasks) {
    std::vector<std::string> parts;
    for (const auto& task : tasks) {
        if (parts.size() == kNamesTold) {
            parts.push_back(fmt::format("{} more", tasks.size() - kNamesTold));
            break;
        }
        parts.push_back(task_name(task.comm, task.pid));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string about_tasks(const KernelReport& report, const Deadlock& deadlock) {
    if (report.tasks.empty()) {
        return "names no task";
    }
    std::vector<KernelReport::Task> members;
    std::ranges::copy_if(report.tasks, std::back_inserter(members),
                         [&deadlock](const auto& task) { return is_in(deadlock, task); });
    if (members.empty()) {
        return fmt::format("names only bystanders of the cycle: {}", joined(report.tasks));
    }
    return members.size() == deadlock.tasks.size() ? fmt::format("names every task of the cycle: {}", joined(members))
                                                   : fmt::format("names of the cycle only {}", joined(members));
}

std::string possessions(const std::vector<StackHold>& holds) {
    std::vector<std::string> words;
    for (const StackHold& hold : holds) {
        add_once(words, in_words(hold));
    }
    return fmt::format("{}", fmt::join(words, " and "));
}

/// Stacks name no disk.
bool is_same(const Awaited& watched, const std::optional<Awaited>& read) {
    return read && watched.kind == read->kind && watched.lock == read->lock;
}

/// What the stack in the report, which is that of its first task, tells of waits and holds; empty if nothing.
std::string by_its_stack(const KernelReport& report, const std::optional<Deadlock>& deadlock,
                         std::string_view release) {
    const bool shows_sleeper =
        report.kind == KernelReport::Kind::hung_task || report.kind == KernelReport::Kind::blocked_tasks;
    if (!shows_sleeper || report.tasks.empty()) {
        return {};
    }
    const auto& first = report.tasks.front();
    LogTask task;
    task.stack = log_stack(report.stack);
    const TaskLook look{first.pid, first.comm, &task, read_stack(task.stack, first.state, kernel_version(release))};
    if (!look.reading.wait) {
        return {};
    }
    std::string words =
        fmt::format("; by its stack {} waits for {}", task_name(first.comm, first.pid), in_words(*look.reading.wait));
    if (!look.reading.holds.empty()) {
        words += fmt::format(" and has {}", possessions(look.reading.holds));
    }
    if (!deadlock || !is_in(*deadlock, first)) {
        return words;
    }
    const Awaited& watched = std::ranges::find(deadlock->tasks, first.pid, &DeadlockTask::pid)->waits_for;
    return words + (is_same(watched, awaited_of(look)) ? ", as in the cycle"
                                                       : fmt::format(", in the cycle for {}", to_string(watched)));
}

/// The known hang that a warning of lockdep is about, by its locks and its stack; empty if it is of none.
std::string by_its_locks(const KernelReport& report) {
    if (report.kind != KernelReport::Kind::lockdep) {
        return {};
    }
    LockdepSplat splat;
    splat.headline = report.headline;
    splat.wants = report.tasks.empty() ? "" : report.tasks.front().waits_for;
    for (const std::string& lock : report.locks) {
        splat.chain.push_back({lock, {}});
    }
    splat.stack = log_stack(report.stack);
    const auto reading = read_splat(splat);
    return reading.member == nullptr ? "" : fmt::format("; by its stack that is {}", reading.member->name);
}

}  // namespace

bool names_locks_of_family(const KernelReport& report) {
    return report.kind == KernelReport::Kind::lockdep &&
           (report.locks.empty() || names(report, kPercpuMutex) || names(report, "fs_reclaim") ||
            names(report, "&q->") || names(report, "&set->update_nr_hwq_lock") ||
            report.headline.find("RECLAIM_FS") != std::string::npos);
}

std::string second_opinion(const KernelReport& report, const std::optional<Deadlock>& deadlock,
                           std::string_view release) {
    const std::string read = by_its_stack(report, deadlock, release) + by_its_locks(report);
    const auto other = counterpart(report);
    std::string order;
    if (!other.empty()) {
        order = fmt::format("names {} together with {}", kPercpuMutex, other);
    }
    if (!deadlock) {
        return (order.empty() ? "blkhang found no deadlock to set beside it"
                              : fmt::format("{}: the order that can deadlock, although no deadlock was found", order)) +
               read;
    }
    const std::string when = report.at_ns < deadlock->closed_ns ? ", before the cycle closed" : "";
    if (report.kind == KernelReport::Kind::percpu_failure) {
        return fmt::format("a per-CPU allocation failed instead of waiting{}; no part of the cycle", when);
    }
    if (!order.empty()) {
        return fmt::format("agrees: {}{}; {}{}", order, when, about_tasks(report, *deadlock), read);
    }
    return about_tasks(report, *deadlock) + when + read;
}

}  // namespace blkhang
