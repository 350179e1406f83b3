// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_headline.h"

#include <algorithm>
#include <array>

#include "klog/kernel_text.h"

namespace blkhang {
namespace {

using namespace kernel_text;
using Kind = KernelReport::Kind;

/// "[ INFO: ... ]" is how it was before 4.12.
std::optional<KernelReport> lockdep(std::string_view text) {
    constexpr std::array<std::string_view, 5> kComplaints{
        "possible circular locking dependency detected", "possible recursive locking detected",
        "inconsistent lock state", "possible irq lock inversion dependency detected", "lock order detected"};
    const bool begins = text.starts_with("WARNING: ") || text.starts_with("[ INFO: ") || text.starts_with("INFO: ");
    if (!begins || std::ranges::none_of(kComplaints, [&](auto complaint) { return contains(text, complaint); })) {
        return std::nullopt;
    }
    return KernelReport{Kind::lockdep, 0, std::string(text), {}, {}, {}};
}

/// "in I/O wait" is told from 7.1 on.
std::optional<KernelReport> hung_task(std::string_view text) {
    auto line = text;
    if (!skip(line, "INFO: task ")) {
        return std::nullopt;
    }
    auto sides = split(line, " blocked for more than ");
    const bool in_io = !sides;
    if (in_io) {
        sides = split(line, " blocked in I/O wait for more than ");
    }
    auto task = sides ? named_task(sides->first, ':') : std::nullopt;
    if (!task || !sides->second.ends_with(" seconds.")) {
        return std::nullopt;
    }
    task->waits_for = in_io ? "I/O" : "";
    return KernelReport{Kind::hung_task, 0, std::string(text), {*task}, {}, {}};
}

std::optional<KernelReport> soft_lockup(std::string_view text) {
    const auto rest = after(text, "BUG: soft lockup - CPU#");
    if (!rest || !contains(*rest, " stuck for ")) {
        return std::nullopt;
    }
    KernelReport report{Kind::soft_lockup, 0, std::string(text), {}, {}, {}};
    if (const auto named = after(*rest, "! ["); named && named->ends_with(']')) {
        if (auto task = named_task(named->substr(0, named->size() - 1), ':')) {
            report.tasks.push_back(std::move(*task));
        }
    }
    return report;
}

std::optional<KernelReport> hard_lockup(std::string_view text) {
    if (!contains(text, "Watchdog detected hard LOCKUP on cpu")) {
        return std::nullopt;
    }
    return KernelReport{Kind::hard_lockup, 0, std::string(text), {}, {}, {}};
}

std::optional<KernelReport> rcu_stall(std::string_view text) {
    const bool stalled =
        contains(text, "INFO: ") &&
        (contains(text, " self-detected stall on CPU") || contains(text, " detected stalls on CPUs/tasks:") ||
         contains(text, " detected expedited stalls on CPUs/tasks:") || contains(text, " detected stalls on tasks:"));
    if (!stalled && !is_starved_kthread(text)) {
        return std::nullopt;
    }
    return KernelReport{Kind::rcu_stall, 0, std::string(text), {}, {}, {}};
}

std::optional<KernelReport> percpu_failure(std::string_view text) {
    if (!contains(text, "allocation failed, size=") || !contains(text, " atomic=")) {
        return std::nullopt;
    }
    return KernelReport{Kind::percpu_failure, 0, std::string(text), {}, {}, {}};
}

}  // namespace

bool is_starved_kthread(std::string_view text) { return contains(text, " kthread starved for "); }

std::optional<KernelReport> begun_by(std::string_view text) {
    for (const auto detector : {lockdep, hung_task, soft_lockup, hard_lockup, rcu_stall, percpu_failure}) {
        if (auto report = detector(text)) {
            return report;
        }
    }
    return std::nullopt;
}

bool ends_report(std::string_view text) {
    return text.starts_with("---[ end trace") || text.starts_with("------------[ cut here") ||
           text.starts_with("BUG: ") || text.starts_with("Oops: ") || contains(text, " invoked oom-killer: ") ||
           text.starts_with("Showing all locks held in the system");
}

}  // namespace blkhang
