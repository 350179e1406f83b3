// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/truncation.h"
#include "klog/line_pieces.h"
#include "klog/stack.h"

namespace blkhang {

/// What one of the kernel's own detectors said, as far as its text tells.
struct KernelReport {
    enum class Kind {
        lockdep,
        hung_task,
        soft_lockup,
        hard_lockup,
        rcu_stall,
        percpu_failure,
        workqueue_lockup,
        blocked_tasks  ///< asked for by sysrq-w, or shown without a word of why
    };
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
    /// Of the first task, innermost first. Frames that the unwinder doubts are left out, unless there are no others.
    Stack stack;
};
std::string_view to_string(KernelReport::Kind kind);
std::optional<KernelReport::Kind> kernel_report_kind_from(std::string_view name);

/// Finds the reports in a kernel log, from 2.6.3x to 7.3. Lines may come from /dev/kmsg or a console, or with any of
/// the prefixes that bare_line.h names; what their words mean, kernel_line.h says. Where callers are printed, the lines
/// of each are followed apart; where not, strange lines in between are passed over, and a torn line costs only what it
/// said.
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
        std::uint64_t latest_ns;   ///< of its lines so far
        bool in_trace = false;     ///< lines are frames of the first task
        bool has_doubted = false;  ///< the stack has doubted frames, and no others so far
        bool expects_kthread = false;
        bool expects_wanted = false;  ///< the next lock is the one that the first task wants
        std::size_t bystanders = 0;   ///< how many of the last tasks are not complained of
        /// The task that was shown last, if any was. Its pid is the first task's where the trace is.
        std::optional<std::int32_t> subject = std::nullopt;
    };
    /// The lines of one caller.
    struct Caller {
        LinePieces pieces;
        std::optional<Open> open;
    };

    void single_line(std::uint64_t at_ns, std::string_view caller, std::string_view text, bool has_prefix);
    static std::optional<KernelReport> begun_by(const LinePieces::Line& line, std::string_view caller, bool in_report);
    [[nodiscard]] std::optional<Open> open_stall(std::uint64_t at_ns) const;
    Caller& caller_of(std::string_view name);
    void read_on(Open& open, const LinePieces::Line& line);
    void read_part(Open& open, const kernel_text::TaskView& task, bool is_dump);
    void read_frame(Open& open, const FrameView& frame);
    void read_blocker(Open& open, const BlockerLine& blocker);
    void read_lock(Open& open, std::string_view name);
    bool is_room_for(std::string_view text, bool in_report);

    std::vector<KernelReport> reports_;
    std::size_t bytes_ = 0;  ///< of the lines that they are made from
    std::uint64_t left_out_lines_ = 0, left_out_bytes_ = 0;
    std::map<std::string, Caller, std::less<>> callers_;  ///< the empty one where none is printed
};

}  // namespace blkhang
