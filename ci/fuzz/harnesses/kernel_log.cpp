// SPDX-License-Identifier: GPL-2.0-only
// The kernel's log: reports of its own detectors, what they say of a deadlock, and the locks that tasks hold.
#include "klog/kernel_log.h"

#include "harness.h"
#include "klog/held_locks.h"
#include "klog/kmsg.h"
#include "record/second_opinion.h"

namespace blkhang::fuzz {

const Registered kKernelLog{{
    .name = "kernel_log",
    .shape = Shape::lines,
    .longest = 4096,
    .attempt =
        [](std::string_view input) {
            KernelLog log;
            HeldLocksReader locks;
            std::uint64_t at_ns = 0;
            each_line(input, [&](std::string_view line) {
                at_ns += 1'000'000;
                log.line(at_ns, line);
                locks.line(at_ns, line);
                if (const auto message = parse_kmsg(line)) {
                    log.line(message->at_ns, message->text);
                }
            });
            std::size_t held = 0;
            for (const auto& task : locks.found().value_or(HeldLocks{}).tasks) {
                held += task.locks.size();
            }
            require(held <= HeldLocks::kMost, "no more locks are kept than there is room for");
            const Deadlock deadlock{Deadlock::Kind::self, 1, {{812, "bash", Awaited::percpu_mutex(), {}, {}}}};
            for (const auto& report : log.reports()) {
                require(!second_opinion(report, deadlock).empty(), "there is something to say of every report");
                require(!second_opinion(report, {}).empty(), "there is something to say of every report");
                static_cast<void>(names_locks_of_family(report));
            }
        },
    .seeds = [] { return pieces(files("tool/klog/testdata", ".txt"), 4096); },
    .words =
        [] {
            return std::vector<std::string>{"INFO: task ",
                                            " blocked for more than ",
                                            " seconds.",
                                            "Call Trace:",
                                            "WARNING: possible circular locking dependency detected",
                                            " is trying to acquire lock:",
                                            "locks held by ",
                                            "Showing all locks held in the system:",
                                            "BUG: soft lockup - CPU#",
                                            "){",
                                            "+0x1/0x2",
                                            "6,1,2,-;",
                                            "task:",
                                            " state:",
                                            " pid:"};
        },
}};

}  // namespace blkhang::fuzz
