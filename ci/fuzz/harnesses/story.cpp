// SPDX-License-Identifier: GPL-2.0-only
// Logs of past freezes, in any form in which people keep them.
#include "harness.h"
#include "klog/story_reader.h"

namespace blkhang::fuzz {
namespace {

const Registered kStory{{
    .name = "story",
    .shape = Shape::lines,
    .longest = 1024,
    .attempt =
        [](std::string_view input) {
            StoryReader reader;
            reader.begin_text("stack-811.txt");
            each_line(input, [&](std::string_view line) { reader.line(line); });
            const auto story = reader.finish();
            for (const auto& task : story.tasks) {
                for (const auto& frame : task.stack) {
                    require(!frame.function.empty(), "a frame has a function");
                }
            }
            for (const auto& complaint : story.complaints) {
                require(!complaint.headline.empty(), "a complaint has a headline");
            }
            for (const auto& splat : story.splats) {
                require(splat.holding.empty() || !splat.holds.empty(), "what is held already is among what is held");
            }
        },
    .seeds = [] { return pieces(files("tool/klog/testdata", ".txt"), 1024); },
    .words =
        [] {
            return std::vector<std::string>{"Nov  2 10:00:01 h kernel: ",
                                            "2026-11-02T10:00:01+01:00 h kernel: ",
                                            "[Mon Nov  2 10:00:01 2026] ",
                                            "kern  :err   : ",
                                            "3,1,2,-,caller=T7;",
                                            "3,1,2,-,ncfrag=0/40;",
                                            "3,1,2,-,ncfrag=20/40;",
                                            "kern.log:811:",
                                            "  811\t[",
                                            "?",
                                            "-&gt; #1",
                                            "{\"log\":\"",
                                            "> ",
                                            "#012",
                                            "\x1b[0m",
                                            "\r",
                                            "Panic#1 Part2",
                                            "INFO: task a:1 blocked for more than 120 seconds.",
                                            "INFO: task a:1 is blocked on a mutex likely owned by task b:2.",
                                            "sysrq: Show Blocked State",
                                            "a               D13832   811      2 0x80000000",
                                            "CPU: 1 PID: 2 Comm: b Not tainted 6.1.0 #1",
                                            "NMI backtrace for cpu 1",
                                            "rcu: INFO: rcu_preempt self-detected stall on CPU",
                                            "Tasks blocked on level-0 rcu_node (CPUs 0-1): P811",
                                            "WARNING: possible circular locking dependency detected",
                                            "-> #1 (a){+.+.}-{0:0}:",
                                            " #0: ffff888000000001 (a){+.+.}-{3:3}, at: f+0x1/0x2",
                                            "a/1 is trying to acquire lock:",
                                            "but task is already holding lock:",
                                            "2 locks held by a/1:",
                                            "Showing all locks held in the system:",
                                            "[<ffffffff81000001>] ? ",
                                            "/proc/811/stack:",
                                            " (a/b.c:1)",
                                            "[inline]",
                                            "Call Trace:",
                                            "</TASK>",
                                            "ffffffff82000002",
                                            " (",
                                            "){+.+.}",
                                            ", at: "};
        },
}};

}  // namespace
}  // namespace blkhang::fuzz
