// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/cycle_drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text_width.h"
#include "klog/kernel_log.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Record::Task task(const char* comm, std::int32_t pid, const std::string& held, const std::string& waits_for) {
    return {pid, comm, 'D', awaited_from(waits_for), {awaited_from(held)}, {}};
}

Record::Deadlock deadlock(const char* kind, std::vector<Record::Task> tasks) {
    Record::Deadlock result{};
    result.kind = kind;
    result.tasks = std::move(tasks);
    return result;
}

Record::Deadlock of_two() {
    return deadlock("cycle", {task("blkhang-percpu", 83, "pcpu_alloc_mutex", "frozen queue vdb"),
                              task("blkhang-trigger", 79, "frozen queue vdb", "pcpu_alloc_mutex")});
}

Record::Deadlock of_four() {
    return deadlock("livelock", {task("blkhang-percpu", 12083, "pcpu_alloc_mutex", "memory"),
                                 task("kswapd0", 45, "memory", "frozen queue vdb"),
                                 task("blkhang-trigger", 12079, "frozen queue vdb", "blkcg_mutex of vdb"),
                                 task("blkhang-trigger", 12080, "blkcg_mutex of vdb", "pcpu_alloc_mutex")});
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        lines.emplace_back(text.substr(0, newline));
        text.remove_prefix(newline + 1);
    }
    return lines;
}

void expect_marked_and_within(const std::string& drawing, std::size_t columns) {
    for (const auto& line : lines_of(drawing)) {
        EXPECT_THAT(line, StartsWith(kDrawingMark));
        EXPECT_LE(display_width(line), columns) << line;
        EXPECT_NE(line.back(), ' ') << line;
    }
}

TEST(CycleDrawing, TwoTasksAsLockdepDrawsThem) {
    EXPECT_EQ(draw(of_two(), 80),
              "blkhang:   blkhang-percpu[83]         blkhang-trigger[79]\n"
              "blkhang:   ------------------         -------------------\n"
              "blkhang:   lock(pcpu_alloc_mutex);\n"
              "blkhang:                              freeze(vdb);\n"
              "blkhang:                              lock(pcpu_alloc_mutex);\n"
              "blkhang:   enter queue(vdb);\n"
              "blkhang:\n"
              "blkhang:  *** DEADLOCK ***\n");
}

TEST(CycleDrawing, ATaskThatWaitsForItself) {
    EXPECT_EQ(draw(deadlock("self", {task("churn", 402, "pcpu_alloc_mutex", "pcpu_alloc_mutex")}), 80),
              "blkhang:   churn[402]\n"
              "blkhang:   ----------\n"
              "blkhang:   lock(pcpu_alloc_mutex);\n"
              "blkhang:   lock(pcpu_alloc_mutex);\n"
              "blkhang:\n"
              "blkhang:  *** DEADLOCK ***\n");
    EXPECT_THAT(draw(deadlock("self", {task("sh", 1, "frozen queue vda", "frozen queue vda")}), 80),
                HasSubstr("  freeze(vda);\nblkhang:   enter queue(vda);\n"));
}

TEST(CycleDrawing, WhatIsNoLockHasItsOwnWords) {
    const auto drawing = draw(deadlock("cycle", {task("a", 1, "pcpu_alloc_mutex", "kswapd"),
                                                 task("kswapd0", 45, "kswapd", "users of queue vda"),
                                                 task("c", 3, "users of queue vda", "pcpu_alloc_mutex")}),
                              120);
    EXPECT_EQ(drawing,
              "blkhang:   a[1]                       kswapd0[45]           c[3]\n"
              "blkhang:   ----                       -----------           ----\n"
              "blkhang:   lock(pcpu_alloc_mutex);\n"
              "blkhang:                              reclaim as kswapd;\n"
              "blkhang:                                                    use queue(vda);\n"
              "blkhang:                                                    lock(pcpu_alloc_mutex);\n"
              "blkhang:                              drain queue(vda);\n"
              "blkhang:   wait for kswapd;\n"
              "blkhang:\n"
              "blkhang:  *** DEADLOCK ***\n");
}

TEST(CycleDrawing, FourTasksFitIntoEightyColumns) {
    EXPECT_EQ(draw(of_four(), 80),
              "blkhang:   task 1: blkhang-percpu[12083]\n"
              "blkhang:   task 2: kswapd0[45]\n"
              "blkhang:   task 3: blkhang-trigger[12079]\n"
              "blkhang:   task 4: blkhang-trigger[12080]\n"
              "blkhang:\n"
              "blkhang:   task 1        task 2        task 3        task 4\n"
              "blkhang:   ------        ------        ------        ------\n"
              "blkhang:   lock(pcpu_alloc_mutex);\n"
              "blkhang:                 reclaim;\n"
              "blkhang:                               freeze(vdb);\n"
              "blkhang:                                             lock(blkcg_mutex of vdb);\n"
              "blkhang:                                             lock(pcpu_alloc_mutex);\n"
              "blkhang:                               lock(blkcg_mutex of vdb);\n"
              "blkhang:                 enter queue(vdb);\n"
              "blkhang:   wait for memory;\n"
              "blkhang:\n"
              "blkhang:  *** LIVELOCK ***\n");
}

TEST(CycleDrawing, WhatVanishedIsNotCalledProven) {
    auto lost = of_two();
    lost.kind = "machine_lost";
    EXPECT_THAT(draw(lost, 80), HasSubstr("*** MACHINE LOST ***"));
    EXPECT_THAT(draw(lost, 80), Not(HasSubstr("DEADLOCK")));
}

TEST(CycleDrawing, EveryNumberOfTasksFitsEveryWidth) {
    for (std::size_t tasks = 1; tasks <= 30; ++tasks) {
        std::vector<Record::Task> many;
        for (std::size_t i = 0; i < tasks; ++i) {
            many.push_back(task("fifteen-letters", 4194304, "blkcg_mutex of nvme0n1", "frozen queue nvme0n1"));
        }
        for (std::size_t columns = 60; columns <= 160; ++columns) {
            const auto drawing = draw(deadlock("cycle", many), columns);
            expect_marked_and_within(drawing, columns);
            EXPECT_THAT(drawing, HasSubstr("nvme0n1")) << tasks << " in " << columns;
        }
    }
}

TEST(CycleDrawing, HostileNamesForgeNothing) {
    const std::string name = "x\n*** DEADLOCK ***\nINFO: \033[2J\xc2\x9b lock(a); <script> \xff";
    const auto drawing = draw(deadlock("cycle", {task(name.c_str(), 1, name + name, name + name + name),
                                                 task(name.c_str(), 2, "frozen queue " + name, "memory")}),
                              60);
    expect_marked_and_within(drawing, 60);
    EXPECT_THAT(drawing, Not(HasSubstr("\033")));
    EXPECT_THAT(drawing, Not(HasSubstr("\xff")));
}

TEST(CycleDrawing, NoTasksNoCrash) { EXPECT_THAT(draw(deadlock("cycle", {}), 80), HasSubstr("DEADLOCK")); }

/// Kernel logs, with the drawing printed into them at that place.
std::vector<KernelReport> read_with_drawing(const std::vector<std::string>& before) {
    KernelLog log;
    std::uint64_t at_ns = 1;
    for (const auto& line : before) {
        log.line(++at_ns, line);
    }
    for (const auto& drawn : {of_two(), of_four()}) {
        for (const auto& line : lines_of(draw(drawn, 80))) {
            log.line(++at_ns, line);
        }
    }
    return log.reports();
}

TEST(CycleDrawing, NoParserTakesItForLockdep) { EXPECT_THAT(read_with_drawing({}), IsEmpty()); }

TEST(CycleDrawing, NorForTheRestOfALockdepReport) {
    const std::vector<std::string> lockdep{"WARNING: possible circular locking dependency detected",
                                           "bash/812 is trying to acquire lock:",
                                           "ffffffff82a5b1a8 (fs_reclaim){+.+.}-{0:0}, at: __alloc_pages+0x1/0x2",
                                           "       CPU0                    CPU1",
                                           "       ----                    ----",
                                           "  lock(other_lock);"};
    const auto reports = read_with_drawing(lockdep);
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_THAT(reports[0].locks, testing::ElementsAre("fs_reclaim", "other_lock"));
    EXPECT_EQ(reports[0].tasks.size(), 1u);
}

}  // namespace
}  // namespace blkhang
