// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "klog/kernel_line.h"
#include "klog/line_pieces.h"
#include "klog/story_book.h"

namespace blkhang {

/// A line as a thread of the story gets it.
struct ThreadLine {
    std::string_view text;  ///< without prefix, trimmed
    std::string_view caller;
    bool has_prefix;
    LogMoment moment;
    std::uint64_t gaps = 0;  ///< before it, in the text: places where records are missing
};

/// Follows the lines of one caller of the kernel's log (or of all, where none is printed) and writes down what they
/// tell: whose trace is read, whose locks are listed, which complaint they belong to. A trace is that of the task that
/// was named last, and of nobody once it is over; another story ends what went before.
class StoryThread {
public:
    void line(StoryBook& book, const ThreadLine& line);
    /// The task whose stack follows, if the text tells none: of /proc/PID/stack, by the name of the file.
    void expect_stack_of(std::int32_t pid) { unnamed_pid_ = pid; }

private:
    /// Where frames go.
    enum class Sink { nowhere, subject, unnamed, splat, link };
    /// Whose the next lock is.
    enum class Expected { nothing, wanted, holding };
    enum class LockRole { none, wanted, holding, listed, link };

    void take_lock(StoryBook& book, const LockView& lock, const LogMoment& moment);
    void reset() { now_ = {}; }
    void stop_trace();
    void look_at(StoryBook& book, const kernel_text::TaskView& task, const LogMoment& moment);
    void blame(StoryBook& book, std::int32_t pid) const;
    LogStack* stack(StoryBook& book, const LogMoment& moment);

    void on(StoryBook& book, const ThreadLine& line, const Headline& headline);
    void on(StoryBook& book, const ThreadLine& line, const told::Task& dumped);
    void on(StoryBook& book, const ThreadLine& line, const RunningTask& running);
    void on(StoryBook& book, const ThreadLine& line, const BlockerLine& blocker);
    void on(StoryBook& book, const ThreadLine& line, const ProcStackLine& proc);
    void on(StoryBook& book, const ThreadLine& line, const told::TraceBegins& trace);
    void on(StoryBook& book, const ThreadLine& line, const FrameView& frame);
    void on(StoryBook& book, const ThreadLine& line, const told::Holder& holder);
    void on(StoryBook& book, const ThreadLine& line, const told::Taker& taker);
    void on(StoryBook& book, const ThreadLine& line, const LockView& lock);
    void on(StoryBook& book, const ThreadLine& line, const told::OtherCpu& other);
    void on(StoryBook& book, const ThreadLine& line, const told::RcuBlockers& blockers);
    void on(StoryBook& book, const ThreadLine& line, const told::LockStates& states);
    void on(StoryBook& book, const ThreadLine& line, const told::Release& release);
    void on(StoryBook& book, const ThreadLine& line, const told::StackBacktrace& heading);
    void on(StoryBook& book, const ThreadLine& line, const told::Kthread& heading);
    void on(StoryBook& book, const ThreadLine& line, const told::AlreadyHolding& heading);
    void on(StoryBook& book, const ThreadLine& line, const told::AllLocks& heading);
    void on(StoryBook& book, const ThreadLine& line, const told::StoryEnds& end);
    void on(StoryBook& book, const ThreadLine& line, const told::TraceEnds& end);
    void on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::ScenarioLock& /*lock*/) {}
    void on(StoryBook& /*book*/, const ThreadLine& /*line*/, const told::Nothing& /*nothing*/) {}

    /// The report, or the dump, whose lines are read.
    struct Report {
        std::optional<LogComplaint::Kind> kind;  ///< nothing: tasks of which nobody complained
        std::optional<std::size_t> complaint, splat;
        std::optional<std::size_t> subject;  ///< the task whose trace comes or is read
        std::vector<std::size_t> named;      ///< tasks that were named and not shown yet
        Sink sink = Sink::nowhere;
        bool in_trace = false;
        bool is_over = false;      ///< the trace of the subject is; frames that come now are nobody's
        bool is_unwanted = false;  ///< the trace that comes is that of who reports, or of an idle CPU
        bool expects_kthread = false;
        Expected expected = Expected::nothing;
        LockRole lock_role = LockRole::none;  ///< of the lock that was told last
        bool lock_is_told = false;            ///< and its name was written down
        std::string lock_number;              ///< in the list of held locks
        std::optional<std::int32_t> holder;   ///< whose held locks are listed
        std::string holder_comm;
        std::optional<std::size_t> holder_task;
    };
    Report now_;
    LinePieces pieces_;
    std::optional<std::uint64_t> latest_ns_;
    std::optional<std::int32_t> unnamed_pid_;
    std::uint64_t gaps_ = 0, gaps_at_task_ = 0;  ///< by the line before, and when a task was named or its trace began
};

}  // namespace blkhang
