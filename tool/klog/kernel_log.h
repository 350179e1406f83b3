// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/truncation.h"
#include "klog/stack.h"

namespace blkhang {

/// What one of the kernel's own detectors said, as far as its text tells.
struct KernelReport {
    enum class Kind { lockdep, hung_task, soft_lockup, hard_lockup, rcu_stall, percpu_failure };
    struct Task {
        std::int32_t pid;
        std::string comm;           ///< empty where only the pid is told
        std::optional<char> state;  ///< the letter of the task dump
        std::string waits_for;      ///< "mutex", "semaphore", "rw-semaphore", "I/O"; lockdep: a lock's class
    };
    Kind kind;
    std::uint64_t at_ns;             ///< of its first line
    std::string headline;            ///< the line that says what it is, without time stamps
    std::vector<Task> tasks;         ///< each once; who is complained of comes first
    std::vector<std::string> locks;  ///< classes, each once, in the order in which they are named
    Stack stack;                     ///< of the first trace, innermost first; frames that the unwinder doubts left out
};
std::string_view to_string(KernelReport::Kind kind);
std::optional<KernelReport::Kind> kernel_report_kind_from(std::string_view name);

/// Finds the reports in a kernel log, from 2.6.3x to 7.3. Lines may come from /dev/kmsg or a console, with or without
/// level, time stamp and PRINTK_CALLER. Where callers are printed, the lines of each are followed apart; where not,
/// strange lines in between are passed over, and a torn line costs only what it said.
class KernelLog {
public:
    /// The next line, which was logged at this time.
    void line(std::uint64_t at_ns, std::string_view text);
    [[nodiscard]] const std::vector<KernelReport>& reports() const { return reports_; }
    /// What of reports was beyond the limits, if anything.
    [[nodiscard]] std::optional<Truncation> left_out() const;

private:
    /// A report whose lines still arrive.
    struct Open {
        std::size_t index;
        std::uint64_t latest_ns;    ///< of its lines so far
        bool in_trace = false;      ///< lines are stack frames
        bool expects_lock = false;  ///< the next lock is the one that the first task wants
    };

    void single_line(std::uint64_t at_ns, std::string_view caller, std::string_view text);
    void read_on(Open& open, std::string_view text);
    bool is_room_for(std::string_view text, bool in_report);

    std::vector<KernelReport> reports_;
    std::size_t bytes_ = 0;  ///< of the lines that they are made from
    std::uint64_t left_out_lines_ = 0, left_out_bytes_ = 0;
    std::map<std::string, Open, std::less<>> open_;  ///< by caller; the empty one where none is printed
};

}  // namespace blkhang
