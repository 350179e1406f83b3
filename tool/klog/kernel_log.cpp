// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/sizes.h"
#include "klog/bare_line.h"
#include "klog/plain_line.h"
#include "klog/task_of_caller.h"

namespace blkhang {
namespace {

using namespace kernel_text;
using ReportKind = KernelReport::Kind;
using Task = KernelReport::Task;

constexpr std::array<std::string_view, 8> kKindNames{"lockdep",          "hung_task",    "soft_lockup",
                                                     "hard_lockup",      "rcu_stall",    "percpu_failure",
                                                     "workqueue_lockup", "blocked_tasks"};
/// A report is printed in one go; on a slow serial console that takes a while.
constexpr std::uint64_t kLongestPauseNs = 2'000'000'000;
/// For so long an RCU stall waits for the CPUs that it asks for their stacks (since 3.4, kernel/rcu/tree_stall.h).
constexpr std::uint64_t kLongestAnswerNs = 10'000'000'000;

std::optional<ReportKind> reported(LogComplaint::Kind kind) {
    switch (kind) {
        case LogComplaint::Kind::lockdep:
            return ReportKind::lockdep;
        case LogComplaint::Kind::hung_task:
            return ReportKind::hung_task;
        case LogComplaint::Kind::soft_lockup:
            return ReportKind::soft_lockup;
        case LogComplaint::Kind::hard_lockup:
            return ReportKind::hard_lockup;
        case LogComplaint::Kind::rcu_stall:
            return ReportKind::rcu_stall;
        case LogComplaint::Kind::percpu_failure:
            return ReportKind::percpu_failure;
        case LogComplaint::Kind::workqueue_lockup:
            return ReportKind::workqueue_lockup;
        case LogComplaint::Kind::blocked_tasks:
            return ReportKind::blocked_tasks;
        default:
            return std::nullopt;
    }
}

bool is_stall(ReportKind kind) {
    return kind == ReportKind::rcu_stall || kind == ReportKind::hard_lockup || kind == ReportKind::soft_lockup;
}

Task task_of(const TaskView& task) { return {task.pid, std::string(task.comm), task.state, {}}; }

Task* find_task(KernelReport& report, std::int32_t pid) {
    const auto known = std::ranges::find(report.tasks, pid, &Task::pid);
    return known == report.tasks.end() ? nullptr : &*known;
}

/// Adds what is new of a task. A new one comes after those complained of, before bystanders.
void add_task(KernelReport& report, std::size_t bystanders, const TaskView& task) {
    auto* known = find_task(report, task.pid);
    if (known == nullptr) {
        report.tasks.insert(report.tasks.end() - static_cast<std::ptrdiff_t>(bystanders), task_of(task));
        return;
    }
    known->comm = known->comm.empty() ? task.comm : known->comm;
    known->state = known->state ? known->state : task.state;
}

void add_blockers(KernelReport& report, std::size_t bystanders, std::string_view tasks) {
    while (const auto pid = next_rcu_blocker(tasks)) {
        add_task(report, bystanders, {{}, *pid, {}});
    }
}

void add_lock(KernelReport& report, std::string_view name) {
    if (std::ranges::find(report.locks, name) == report.locks.end()) {
        report.locks.emplace_back(name);
    }
}

/// A line with which something else begins than the report that was read.
bool ends(const KernelLine& told) {
    if (const auto* headline = std::get_if<Headline>(&told)) {
        return !is_aside(headline->kind);
    }
    const auto* release = std::get_if<told::Release>(&told);
    return std::holds_alternative<told::StoryEnds>(told) || std::holds_alternative<told::AllLocks>(told) ||
           (release != nullptr && release->is_banner);
}

}  // namespace

std::string_view to_string(KernelReport::Kind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }

std::optional<KernelReport::Kind> kernel_report_kind_from(std::string_view name) {
    const auto* const found = std::ranges::find(kKindNames, name);
    return found == kKindNames.end() ? std::nullopt
                                     : std::optional(static_cast<ReportKind>(found - kKindNames.begin()));
}

void KernelLog::line(std::uint64_t at_ns, std::string_view text) {
    std::string room;
    for (std::string_view rest = plain_line(text, room); !rest.empty();) {
        const auto newline = rest.find('\n');
        const auto bare = bare_line(rest.substr(0, newline).substr(0, limits::kKernelLine));
        if (!bare.is_foreign && !bare.text.empty()) {
            single_line(at_ns, bare.caller, bare.text, bare.has_prefix);
        }
        rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    }
}

bool KernelLog::is_room_for(std::string_view text, bool in_report) {
    if (in_report && bytes_ + text.size() <= limits::kReportBytes) {
        bytes_ += text.size();
        return true;
    }
    ++left_out_lines_;
    left_out_bytes_ += text.size();
    return false;
}

std::optional<Truncation> KernelLog::left_out() const {
    if (left_out_lines_ == 0) {
        return std::nullopt;
    }
    return Truncation{"lines of kernel reports",
                      fmt::format("{} in {} reports of {} parts", format_size(limits::kReportBytes), limits::kReports,
                                  limits::kReportParts),
                      left_out_lines_, left_out_bytes_};
}

KernelLog::Caller& KernelLog::caller_of(std::string_view name) {
    const auto found = callers_.find(name);
    if (found != callers_.end()) {
        return found->second;
    }
    if (callers_.size() >= limits::kLogCallers) {
        std::erase_if(callers_, [](const auto& one) { return !one.second.open; });
    }
    return callers_[std::string(name)];
}

/// The report that begins with this line. A task that is blocked, and shown without a word, is one: of a vendor's own
/// detector, or of a sysrq whose heading was lost.
std::optional<KernelReport> KernelLog::begun_by(const LinePieces::Line& line, std::string_view caller, bool in_report) {
    if (const auto* dumped = std::get_if<told::Task>(&line.told); dumped != nullptr && !in_report) {
        const bool is_blocked = dumped->task.state == 'D';
        return is_blocked
                   ? std::optional(KernelReport{ReportKind::blocked_tasks, 0, std::string(line.text), {}, {}, {}})
                   : std::nullopt;
    }
    const auto* headline = std::get_if<Headline>(&line.told);
    const auto kind = headline == nullptr ? std::nullopt : reported(headline->kind);
    if (!kind) {
        return std::nullopt;
    }
    KernelReport report{*kind, 0, std::string(headline->text), {}, {}, {}};
    if (const auto listed = *kind == ReportKind::rcu_stall ? after(line.text, "{ ") : std::nullopt) {
        add_blockers(report, 0, *listed);
    }
    const auto task = *kind == ReportKind::percpu_failure ? task_of_caller(caller) : headline->task;
    if (task) {
        report.tasks.push_back(task_of(*task));
        report.tasks.back().waits_for = headline->in_io ? "I/O" : "";
    }
    return report;
}

/// The stall that waits for another CPU to tell what it does, which that CPU prints as another caller.
std::optional<KernelLog::Open> KernelLog::open_stall(std::uint64_t at_ns) const {
    for (const auto& [name, caller] : callers_) {
        if (caller.open && at_ns <= caller.open->latest_ns + kLongestAnswerNs) {
            const auto& report = reports_[caller.open->index];
            if (is_stall(report.kind) && report.tasks.size() == caller.open->bystanders) {
                return caller.open;
            }
        }
    }
    return std::nullopt;
}

void KernelLog::single_line(std::uint64_t at_ns, std::string_view caller, std::string_view text, bool has_prefix) {
    auto& [pieces, open] = caller_of(caller);
    const auto line = pieces.add(text, has_prefix);
    if (open && at_ns > open->latest_ns + kLongestPauseNs) {
        open.reset();
    }
    const bool is_other_cpu = std::holds_alternative<told::OtherCpu>(line.told);
    const bool is_footnote =
        open && reports_[open->index].kind == ReportKind::rcu_stall && is_starved_kthread(line.text);
    if (open && !is_footnote && (ends(line.told) || (is_other_cpu && !is_stall(reports_[open->index].kind)))) {
        open.reset();
    }
    if (!open && is_other_cpu) {
        open = open_stall(at_ns);
    }
    if (auto report = is_footnote ? std::nullopt : begun_by(line, caller, open.has_value())) {
        open.reset();
        if (!is_room_for(line.text, reports_.size() < limits::kReports)) {
            return;
        }
        report->at_ns = at_ns;
        reports_.push_back(std::move(*report));
        open = Open{.index = reports_.size() - 1, .latest_ns = at_ns};
        open->expects_kthread = is_starved_kthread(line.text);
        if (const auto* dumped = std::get_if<told::Task>(&line.told)) {
            read_part(*open, dumped->task, true);
        }
        return;
    }
    if (open) {
        open->latest_ns = at_ns;
        read_on(*open, line);
    }
}

/// A task of the report, or of none: whether it is one, and that its trace may follow.
void KernelLog::read_part(Open& open, const TaskView& task, bool is_dump) {
    KernelReport& report = reports_[open.index];
    open.in_trace = false;
    open.subject = task.pid;
    const bool is_kthread = open.expects_kthread && is_dump && task.comm.starts_with("rcu");
    open.expects_kthread = open.expects_kthread && !is_dump;
    if (is_kthread) {
        if (find_task(report, task.pid) == nullptr) {
            report.tasks.push_back(task_of(task));
            ++open.bystanders;
        }
        return;
    }
    const bool takes_all = report.kind == ReportKind::rcu_stall || report.kind == ReportKind::workqueue_lockup ||
                           report.kind == ReportKind::blocked_tasks;
    const bool is_first = report.tasks.size() == open.bystanders;
    if (takes_all || is_first || find_task(report, task.pid) != nullptr) {
        add_task(report, open.bystanders, task);
    }
}

void KernelLog::read_frame(Open& open, const FrameView& frame) {
    auto& report = reports_[open.index];
    auto& stack = report.stack;
    const bool is_dump = report.kind == ReportKind::hung_task || report.kind == ReportKind::blocked_tasks;
    const bool is_of_first = !report.tasks.empty() && (!open.subject || *open.subject == report.tasks.front().pid);
    if (is_dump && is_of_first && frame.certain && stack.empty()) {
        open.in_trace = true;  // the heading is lost, or there is none, as on arm
    }
    if (!open.in_trace || (frame.doubted && !stack.empty() && !open.has_doubted)) {
        return;
    }
    if (!frame.doubted && open.has_doubted) {
        stack.clear();
    }
    open.has_doubted = frame.doubted;
    stack.push_back(in_words(frame));
}

void KernelLog::read_blocker(Open& open, const BlockerLine& blocker) {
    KernelReport& report = reports_[open.index];
    open.in_trace = false;
    add_task(report, open.bystanders, blocker.waiter);
    if (auto* waiter = find_task(report, blocker.waiter.pid); waiter->waits_for.empty()) {
        waiter->waits_for = blocker.lock;
    }
    if (blocker.owner) {
        add_task(report, open.bystanders, *blocker.owner);
        open.subject = blocker.owner->pid;  // whose trace comes next
    }
}

void KernelLog::read_lock(Open& open, std::string_view name) {
    KernelReport& report = reports_[open.index];
    if (name.empty()) {
        return;
    }
    add_lock(report, name);
    if (open.expects_wanted) {
        report.tasks.front().waits_for = name;
        open.expects_wanted = false;
    }
}

void KernelLog::read_on(Open& open, const LinePieces::Line& line) {
    KernelReport& report = reports_[open.index];
    if (!is_room_for(line.text,
                     report.tasks.size() + report.locks.size() + report.stack.size() < limits::kReportParts)) {
        return;
    }
    const bool is_lockdep = report.kind == ReportKind::lockdep;
    const auto& told = line.told;
    if (const auto* frame = std::get_if<FrameView>(&told)) {
        read_frame(open, *frame);
    } else if (const auto* trace = std::get_if<told::TraceBegins>(&told)) {
        const bool is_anybodys = report.tasks.size() == open.bystanders;
        const bool is_of_first = !open.subject || (!is_anybodys && report.tasks.front().pid == *open.subject);
        open.in_trace = report.stack.empty() && is_of_first && !open.expects_kthread;
        if (const auto first = frame_in(trace->rest)) {
            read_frame(open, *first);
        }
    } else if (std::holds_alternative<told::TraceEnds>(told)) {
        open.in_trace = false;
    } else if (const auto* dumped = std::get_if<told::Task>(&told)) {
        read_part(open, dumped->task, true);
    } else if (const auto* running = std::get_if<RunningTask>(&told)) {
        read_part(open, running->task, false);
    } else if (const auto* blocker = std::get_if<BlockerLine>(&told)) {
        if (report.kind == ReportKind::hung_task) {
            read_blocker(open, *blocker);
        }
    } else if (std::holds_alternative<told::OtherCpu>(told)) {
        open.in_trace = open.expects_kthread = false;
        open.subject = report.kind == ReportKind::soft_lockup ? std::optional(-1) : std::nullopt;
    } else if (std::holds_alternative<told::Kthread>(told) ||
               (std::holds_alternative<Headline>(told) && is_starved_kthread(line.text))) {
        open.in_trace = false;
        open.expects_kthread = true;
    } else if (const auto* blockers = std::get_if<told::RcuBlockers>(&told)) {
        if (report.kind == ReportKind::rcu_stall) {
            add_blockers(report, open.bystanders, blockers->tasks);
        }
    } else if (const auto* taker = std::get_if<told::Taker>(&told); taker != nullptr && is_lockdep) {
        add_task(report, open.bystanders, taker->task);
        open.expects_wanted = true;
    } else if (const auto* holder = std::get_if<told::Holder>(&told); holder != nullptr && is_lockdep) {
        add_task(report, open.bystanders, holder->task);
    } else if (const auto* lock = std::get_if<LockView>(&told)) {
        read_lock(open, lock->name);
    } else if (const auto* in_scenario = std::get_if<told::ScenarioLock>(&told)) {
        read_lock(open, in_scenario->name);
    } else if (std::holds_alternative<told::LockStates>(told) && is_lockdep) {
        report.headline += fmt::format(": {}", line.text);
    }
}

}  // namespace blkhang
