// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/sizes.h"
#include "klog/kernel_headline.h"
#include "klog/kernel_text.h"

namespace blkhang {
namespace {

using namespace kernel_text;
using Kind = KernelReport::Kind;
using Task = KernelReport::Task;

constexpr std::array<std::string_view, 6> kKindNames{"lockdep",     "hung_task", "soft_lockup",
                                                     "hard_lockup", "rcu_stall", "percpu_failure"};
/// A report is printed in one go; on a slow serial console that takes a while.
constexpr std::uint64_t kLongestPauseNs = 2'000'000'000;

void add_task(KernelReport& report, const Task& task) {
    const auto known = std::ranges::find(report.tasks, task.pid, &Task::pid);
    if (known == report.tasks.end()) {
        report.tasks.push_back(task);
        return;
    }
    known->comm = known->comm.empty() ? task.comm : known->comm;
    known->state = known->state ? known->state : task.state;
    known->waits_for = known->waits_for.empty() ? task.waits_for : known->waits_for;
}

void add_task(KernelReport& report, const std::optional<Task>& task) {
    if (task) {
        add_task(report, *task);
    }
}

void add_lock(KernelReport& report, std::string_view name) {
    if (std::ranges::find(report.locks, name) == report.locks.end()) {
        report.locks.emplace_back(name);
    }
}

// The lines inside a report.

/// `task:bash state:D stack:0 pid:812 ...`, from 5.10 on.
std::optional<Task> dumped_task(std::string_view text) {
    if (!skip(text, "task:")) {
        return std::nullopt;
    }
    const auto sides = split(text, " state:");
    const auto pid = sides ? after(sides->second, " pid:") : std::nullopt;
    const auto number = pid ? leading_number(*pid) : std::nullopt;
    if (!number || sides->second.empty()) {
        return std::nullopt;
    }
    return Task{*number, std::string(trimmed(sides->first)), sides->second.front(), {}};
}

/// `bash            D ffff...`, older: the columns under "task PC stack pid father". The name is cut at 15 characters.
std::optional<char> state_in_columns(std::string_view text, const Task& task) {
    constexpr std::string_view kStates = "DRSTtKI";
    if (!skip(text, task.comm.substr(0, 15)) || text.size() < 3 || text.front() != ' ') {
        return std::nullopt;
    }
    text = trimmed(text);
    const bool is_state = text.size() > 2 && text[1] == ' ' && contains(kStates, text.substr(0, 1));
    return is_state ? std::optional(text.front()) : std::nullopt;
}

/// `CPU: 1 PID: 812 Comm: bash Not tainted 6.1.0`, and `CPU: 1 UID: 0 PID: ...` from 6.12 on.
std::optional<Task> running_task(std::string_view text) {
    if (!text.starts_with("CPU: ") && !text.starts_with("Pid: ")) {
        return std::nullopt;
    }
    const bool is_ancient = text.starts_with("Pid: ");  // "Pid: 812, comm: bash Not tainted", until 3.9
    const auto pid = after(text, is_ancient ? "Pid: " : " PID: ");
    const auto comm = pid ? after(*pid, is_ancient ? ", comm: " : " Comm: ") : std::nullopt;
    const auto number = pid ? leading_number(*pid) : std::nullopt;
    if (!comm || !number) {
        return std::nullopt;
    }
    const auto end = std::min({comm->find(" Not tainted"), comm->find(" Tainted: "), comm->find(" Kdump: ")});
    return Task{*number, std::string(comm->substr(0, end)), {}, {}};
}

/// `INFO: task A:1 is blocked on a mutex likely owned by task B:2.` and its relatives, where the kernel has
/// DETECT_HUNG_TASK_BLOCKER. A reader or writer is marked `<reader>`.
void note_blocker(KernelReport& report, std::string_view text) {
    const auto without_mark = [](std::string_view task) { return trimmed(task.substr(0, task.find(" <"))); };
    if (!skip(text, "INFO: task ")) {
        return;
    }
    const auto sides = split(text, "blocked on a");
    if (!sides) {
        return;
    }
    auto [waiter, what] = *sides;
    waiter = trimmed(waiter);
    if (waiter.ends_with(" is")) {
        waiter.remove_suffix(3);
    }
    skip(what, "n");
    what = trimmed(what);
    if (auto task = named_task(without_mark(waiter), ':')) {
        task->waits_for = what.substr(0, what.find_first_of(" ,"));
        add_task(report, *task);
    }
    for (const std::string_view mark : {" owned by task ", " held by task "}) {
        if (auto owner = after(what, mark)) {
            if (owner->ends_with('.')) {
                owner->remove_suffix(1);
            }
            add_task(report, named_task(without_mark(*owner), ':'));
        }
    }
}

/// The class in `ffffffff82a5b1a8 (pcpu_alloc_mutex){+.+.}-{3:3}, at: ...`, in `-> #1 (fs_reclaim){+.+.}-{0:0}:` and in
/// `#0: ffff... (...){...}`; the instance's address is absent from old kernels.
std::optional<std::string_view> lock_in_braces(std::string_view text) {
    const auto open = text.find('(');
    const auto close = text.find("){");
    if (open == std::string_view::npos || close == std::string_view::npos || close <= open) {
        return std::nullopt;
    }
    const auto before = trimmed(text.substr(0, open));
    const bool is_lock_line = before.empty() || before.starts_with("#") || before.starts_with("-> #") ||
                              before.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return is_lock_line ? std::optional(text.substr(open + 1, close - open - 1)) : std::nullopt;
}

/// `lock(fs_reclaim);` in the scenario, also `rlock` and `sync`.
std::optional<std::string_view> lock_in_scenario(std::string_view text) {
    for (const std::string_view call : {"lock(", "rlock(", "sync("}) {
        if (text.starts_with(call) && text.ends_with(");")) {
            return text.substr(call.size(), text.size() - call.size() - 2);
        }
    }
    return std::nullopt;
}

/// `3 locks held by bash/812:` until 7.2, `locks held by bash/812: 3, last CPU#1:` from 7.3 on.
std::optional<Task> lock_holder(std::string_view text) {
    auto held = after(text, " locks held by ");
    for (const std::string_view mark : {" lock held by ", "locks held by "}) {
        held = held ? held : after(text, mark);
    }
    if (!held) {
        return std::nullopt;
    }
    const auto slash = held->rfind('/');
    const auto end = slash == std::string_view::npos ? slash : held->find_first_of(":.", slash);
    return end == std::string_view::npos ? std::nullopt : named_task(held->substr(0, end), '/');
}

/// The task in `bash/812 is trying to acquire lock:` and `kswapd0/45 [HC0[0]:SC0[0]:HE1:SE1] takes:`.
std::optional<Task> lock_taker(std::string_view text) {
    if (const auto sides = split(text, " is trying to acquire lock:")) {
        return named_task(sides->first, '/');
    }
    if (const auto sides = split(text, " [HC"); sides && text.ends_with("] takes:")) {
        return named_task(sides->first, '/');
    }
    return std::nullopt;
}

/// `pcpu_alloc+0x1a2/0x5e0 [module]`, after the address that old kernels print before it. "?" marks what the unwinder
/// found lying about.
enum class FrameTrust { none, doubted, sound };
FrameTrust frame_in(std::string_view& text) {
    if (text.starts_with("[<")) {
        const auto rest = after(text, ">]");
        if (!rest) {
            return FrameTrust::none;
        }
        text = trimmed(*rest);
    }
    const bool doubted = skip(text, "? ");
    const auto plus = text.find("+0x");
    const auto slash = text.find("/0x");
    if (plus == std::string_view::npos || plus == 0 || slash == std::string_view::npos || slash < plus ||
        contains(text.substr(0, plus), " ")) {
        return FrameTrust::none;
    }
    const auto rest = after(text, " ");
    if (rest && !rest->starts_with('[')) {
        return FrameTrust::none;
    }
    return doubted ? FrameTrust::doubted : FrameTrust::sound;
}

}  // namespace

std::string_view to_string(KernelReport::Kind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }

std::optional<KernelReport::Kind> kernel_report_kind_from(std::string_view name) {
    const auto* const found = std::ranges::find(kKindNames, name);
    return found == kKindNames.end() ? std::nullopt : std::optional(static_cast<Kind>(found - kKindNames.begin()));
}

void KernelLog::line(std::uint64_t at_ns, std::string_view text) {
    const std::string plain = unescaped(text);
    const auto [caller, message] = without_prefix(plain);
    for (std::string_view rest = message; !rest.empty();) {
        const auto newline = rest.find('\n');
        single_line(at_ns, caller, trimmed(rest.substr(0, newline).substr(0, limits::kKernelLine)));
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

void KernelLog::single_line(std::uint64_t at_ns, std::string_view caller, std::string_view text) {
    auto found = open_.find(caller);
    if (found != open_.end() && (ends_report(text) || at_ns > found->second.latest_ns + kLongestPauseNs)) {
        open_.erase(found);
        found = open_.end();
    }
    const bool is_footnote = found != open_.end() && is_starved_kthread(text);
    if (auto report = is_footnote ? std::nullopt : begun_by(text)) {
        if (!is_room_for(text, reports_.size() < limits::kReports)) {
            open_.erase(std::string(caller));
            return;
        }
        report->at_ns = at_ns;
        reports_.push_back(std::move(*report));
        open_.insert_or_assign(std::string(caller), Open{reports_.size() - 1, at_ns});
        return;
    }
    if (found != open_.end()) {
        found->second.latest_ns = at_ns;
        read_on(found->second, text);
    }
}

void KernelLog::read_on(Open& open, std::string_view text) {
    KernelReport& report = reports_[open.index];
    if (!is_room_for(text, report.tasks.size() + report.locks.size() + report.stack.size() < limits::kReportParts)) {
        return;
    }
    if (text.starts_with("Call Trace:") || text.starts_with("Call trace:")) {
        open.in_trace = report.stack.empty();
        return;
    }
    if (text == "</TASK>") {
        open.in_trace = false;
        return;
    }
    std::string_view frame = text;
    if (const auto trust = frame_in(frame); trust != FrameTrust::none) {
        if (open.in_trace && trust == FrameTrust::sound) {
            report.stack.emplace_back(frame);
        }
        return;
    }
    add_task(report, dumped_task(text));
    add_task(report, running_task(text));
    if (report.kind == Kind::hung_task) {
        note_blocker(report, text);
        auto& first = report.tasks.front();
        first.state = first.state ? first.state : state_in_columns(text, first);
    }
    if (report.kind == Kind::lockdep) {
        if (auto taker = lock_taker(text)) {
            add_task(report, *taker);
            open.expects_lock = true;
        }
        add_task(report, lock_holder(text));
        if (text.starts_with("inconsistent {")) {
            report.headline += fmt::format(": {}", text);
        }
    }
    if (const auto name = lock_in_braces(text)) {
        add_lock(report, *name);
        if (open.expects_lock) {
            report.tasks.front().waits_for = *name;
            open.expects_lock = false;
        }
    } else if (const auto in_scenario = lock_in_scenario(text)) {
        add_lock(report, *in_scenario);
    }
}

}  // namespace blkhang
