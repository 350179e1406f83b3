// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>
#include <variant>

#include "klog/frame.h"
#include "klog/headline.h"
#include "klog/lock_line.h"
#include "klog/task_line.h"

/// What one line of the kernel's log says, taken by itself: the part of the reading that reports and stories share.
namespace blkhang {

namespace told {

struct Nothing {};
struct StoryEnds {};  ///< and another may begin, which is none that we follow
struct Task {
    kernel_text::TaskView task;
};
struct TraceBegins {
    std::string_view rest;  ///< of the line: the oldest kernels put a frame there
};
struct TraceEnds {};
struct StackBacktrace {};  ///< lockdep's heading of its own task's trace
struct AllLocks {};        ///< the heading of "all locks held in the system"
struct Holder {
    kernel_text::TaskView task;
};
struct Taker {
    kernel_text::TaskView task;
};
struct AlreadyHolding {};
struct ScenarioLock {
    std::string_view name;
};
/// An RCU grace-period kthread that does not run, and the heading of its stack.
struct Kthread {};
/// The stack of another CPU follows, by a non-maskable interrupt.
struct OtherCpu {};
/// `Tasks blocked on level-0 rcu_node (CPUs 0-1): P811/1:b..l P812`: from the first P on.
struct RcuBlockers {
    std::string_view tasks;
};
/// `inconsistent {A} -> {B} usage.`
struct LockStates {
    std::string_view text;
};
struct Release {
    std::string_view release;
    bool is_banner;  ///< "Linux version": of a boot, not yet of a complaint
};

}  // namespace told

using KernelLine =
    std::variant<told::Nothing, Headline, told::StoryEnds, told::Task, RunningTask, BlockerLine, ProcStackLine,
                 told::TraceBegins, told::TraceEnds, FrameView, told::StackBacktrace, told::AllLocks, told::Holder,
                 told::Taker, told::AlreadyHolding, LockView, told::ScenarioLock, told::Kthread, told::OtherCpu,
                 told::RcuBlockers, told::LockStates, told::Release>;

/// The line is without prefix and trimmed.
KernelLine kernel_line(std::string_view text);

/// The next pid of RcuBlockers, and what is left of them.
std::optional<std::int32_t> next_rcu_blocker(std::string_view& tasks);

}  // namespace blkhang
