// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/file.h"
#include "base/units.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::StartsWith;
using Kind = KernelReport::Kind;

std::uint64_t stamp_of(std::string_view line) {
    const auto open = line.find('[');
    return static_cast<std::uint64_t>(std::llround(std::strtod(line.data() + open + 1, nullptr) * kNsPerS));
}

/// The reports in testdata/NAME.txt, whose lines are those of a console.
std::vector<KernelReport> reports_in(std::string_view name) {
    const auto path = std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/klog/testdata" / fmt::format("{}.txt", name);
    const std::string text = read_file(path).value();
    KernelLog log;
    for (std::string_view rest = text; !rest.empty();) {
        const auto end = rest.find('\n');
        log.line(stamp_of(rest), rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    return log.reports();
}

/// "D comm[pid] waits_for", the state only where it is told.
std::vector<std::string> tasks(const KernelReport& report) {
    std::vector<std::string> result;
    for (const auto& task : report.tasks) {
        result.push_back(fmt::format("{}{}[{}]{}{}", task.state ? std::string{*task.state, ' '} : "", task.comm,
                                     task.pid, task.waits_for.empty() ? "" : " ", task.waits_for));
    }
    return result;
}

TEST(KernelLogHungTask, Of510) {
    const auto reports = reports_in("hung-task-5.10");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, Kind::hung_task);
    EXPECT_EQ(reports[0].at_ns, 242'655'011'000U);
    EXPECT_EQ(reports[0].headline, "INFO: task kworker/1:2:87 blocked for more than 120 seconds.");
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D kworker/1:2[87]"));
    ASSERT_EQ(reports[0].stack.size(), 9U) << "the doubted frame is left out";
    EXPECT_EQ(reports[0].stack[2], "blk_queue_enter+0x178/0x240");
    EXPECT_EQ(reports[0].stack.back(), "ret_from_fork+0x22/0x30");
}

TEST(KernelLogHungTask, Of61WithLevelsAColonInTheNameAndASecondTask) {
    const auto reports = reports_in("hung-task-6.1");
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D dd: if=a b[812]"));
    EXPECT_THAT(reports[0].stack, Contains("xfs_file_write_iter+0x11a/0x1d0 [xfs]"));
    EXPECT_EQ(reports[0].stack.back(), "entry_SYSCALL_64_after_hwframe+0x6e/0xd8") << "user space is not shown";
    EXPECT_THAT(tasks(reports[1]), ElementsAre("D jbd2/vda1-8[201]"));
    EXPECT_EQ(reports[1].stack.size(), 2U);
}

TEST(KernelLogHungTask, Of61AsAGuestPrintedIt) {
    const auto reports = reports_in("hung-task-6.1-guest");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].headline, "INFO: task blkhang-churn:120 blocked for more than 12 seconds.");
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D blkhang-churn[120]"));
    EXPECT_EQ(reports[0].stack.size(), 14U);
    EXPECT_THAT(reports[0].stack, Contains("cgroup_kn_lock_live+0x43/0xd0"));
    EXPECT_EQ(reports[0].stack.back(), "entry_SYSCALL_64_after_hwframe+0x6e/0xd8");
}

TEST(KernelLogHungTask, Of612) {
    const auto reports = reports_in("hung-task-6.12");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D kworker/u9:3[1443]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("__schedule+0x505/0xc00", "__bio_queue_enter+0x15c/0x2b0"));
}

TEST(KernelLogHungTask, Of618WithBlockers) {
    const auto reports = reports_in("hung-task-6.18");
    ASSERT_EQ(reports.size(), 4U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D cgcreate[2210] mutex", "D bash[812]"));
    EXPECT_THAT(reports[0].stack.back(), StartsWith("cgroup_kn_lock_live")) << "the owner's trace is not the waiter's";
    EXPECT_THAT(tasks(reports[1]), ElementsAre("D fsck[77] rw-semaphore", "mount[76]"));
    EXPECT_THAT(tasks(reports[2]), ElementsAre("sync[78] semaphore", "dd[79]"));
    EXPECT_THAT(tasks(reports[3]), ElementsAre("umount[80] mutex"));
}

TEST(KernelLogHungTask, Of72InIo) {
    const auto reports = reports_in("hung-task-7.2");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D dd[905] I/O"));
}

TEST(KernelLogHungTask, Of32InColumns) {
    const auto reports = reports_in("hung-task-3.2");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D qemu-system-x86[2933]"));
    EXPECT_THAT(reports[0].stack,
                ElementsAre("schedule+0x55/0x57", "__mutex_lock_slowpath+0x100/0x182", "pcpu_alloc+0x6f/0x8f1",
                            "blkio_alloc_blkg_stats+0x17/0x2e", "kvm_mmu_load+0x10/0x3f0 [kvm]"));
}

TEST(KernelLogLockdep, Of612) {
    const auto reports = reports_in("lockdep-6.12");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, Kind::lockdep);
    EXPECT_EQ(reports[0].headline, "WARNING: possible circular locking dependency detected");
    EXPECT_THAT(tasks(reports[0]), ElementsAre("tee[1207] pcpu_alloc_mutex"));
    EXPECT_THAT(reports[0].locks, ElementsAre("pcpu_alloc_mutex", "&q->q_usage_counter(io)#17", "fs_reclaim",
                                              "sb_writers#5", "&q->elevator_lock"));
    EXPECT_EQ(reports[0].stack.front(), "dump_stack_lvl+0x6e/0xa0") << "frames of the chain are not those of the task";
}

TEST(KernelLogLockdep, Of73WithCallersAndItsOwnLineOfHeldLocks) {
    const auto reports = reports_in("lockdep-7.3");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("sh[991] &q->rq_qos_mutex"));
    EXPECT_THAT(reports[0].locks, ElementsAre("&q->rq_qos_mutex", "&q->q_usage_counter(queue)", "sb_writers#4"));
}

TEST(KernelLogLockdep, HeldLocksNameTheirTask) {
    for (const char* line : {"3 locks held by a b/7:", "1 lock held by a b/7:", "no locks held by a b/7.",
                             "locks held by a b/7: 4, last CPU#1:", "locks held by a b/7: 0, on CPU#1:"}) {
        KernelLog log;
        log.line(1, "WARNING: possible recursive locking detected");
        log.line(2, line);
        EXPECT_THAT(tasks(log.reports().at(0)), ElementsAre("a b[7]")) << line;
    }
}

TEST(KernelLogLockdep, Of2011) {
    const auto reports = reports_in("lockdep-2011");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].headline,
              "[ INFO: inconsistent lock state ]: inconsistent {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage.");
    EXPECT_THAT(tasks(reports[0]), ElementsAre("kswapd0[29] pcpu_alloc_mutex"));
    EXPECT_THAT(reports[0].locks, ElementsAre("pcpu_alloc_mutex"));
    EXPECT_THAT(reports[0].stack, ElementsAre("print_usage_bug+0x1e7/0x1f8", "mutex_lock_nested+0x40/0x45"));
}

TEST(KernelLogLockdep, OfDevKmsgWhereLineBreaksAreEscaped) {
    KernelLog log;
    log.line(1, "WARNING: possible circular locking dependency detected");
    log.line(2, "tee/1207 is trying to acquire lock:");
    log.line(3, "ffffffff82e5c7a8 (pcpu_alloc_mutex){+.+.}-{3:3}, at: pcpu_alloc_noprof+0x8aa/0xc30");
    log.line(4, R"(\x0abut task is already holding lock:)");
    log.line(5, R"(ffff888104d5a1d8 (&q->q_usage_counter(io)){++++}-{0:0}, at: elv_iosched_store+0x128/0x2a0)");
    log.line(6, R"(\x0a-> #1 (fs_reclaim){+.+.}-{0:0}:)");
    log.line(7, R"(  lock(odd\x5cname);\x0a  lock(second);)");
    ASSERT_EQ(log.reports().size(), 1U);
    EXPECT_THAT(log.reports()[0].locks,
                ElementsAre("pcpu_alloc_mutex", "&q->q_usage_counter(io)", "fs_reclaim", R"(odd\name)", "second"));
}

TEST(KernelLogLockup, SoftAndHard) {
    const auto reports = reports_in("lockups");
    ASSERT_EQ(reports.size(), 4U);
    EXPECT_EQ(reports[0].kind, Kind::soft_lockup);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("kworker/1:2[87]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("_raw_spin_lock+0x2a/0x30"));
    EXPECT_EQ(reports[1].kind, Kind::soft_lockup);
    EXPECT_THAT(tasks(reports[1]), ElementsAre("stress: a]b[33]"));
    EXPECT_EQ(reports[2].kind, Kind::hard_lockup);
    EXPECT_THAT(tasks(reports[2]), ElementsAre("tee: (x)[1207]"));
    EXPECT_EQ(reports[3].kind, Kind::hard_lockup);
    EXPECT_THAT(reports[3].tasks, IsEmpty());
}

TEST(KernelLogRcu, EveryKindOfStall) {
    const auto reports = reports_in("rcu-stalls");
    ASSERT_EQ(reports.size(), 5U) << "the starved kthread is a footnote of the first, but stands alone at the end";
    for (const auto& report : reports) {
        EXPECT_EQ(report.kind, Kind::rcu_stall);
    }
    EXPECT_THAT(tasks(reports[0]), ElementsAre("bash[812]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("shrink_lruvec+0x4b1/0x1130"));
    EXPECT_THAT(reports[4].headline, HasSubstr("kthread starved"));
}

TEST(KernelLogPercpu, AFailedAllocation) {
    const auto reports = reports_in("percpu-failure");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, Kind::percpu_failure);
    EXPECT_THAT(reports[0].headline, EndsWith("atomic=0, failed to populate"));
    EXPECT_THAT(tasks(reports[0]), ElementsAre("blkhang-churn[640]"));
}

TEST(KernelLog, InterleavedLinesAreToldApartByTheirCallers) {
    const auto reports = reports_in("callers");
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D bash[812]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("__schedule+0x34d/0x9e0", "__bio_queue_enter+0x132/0x220"));
    EXPECT_THAT(tasks(reports[1]), ElementsAre("tee[1207]"));
    EXPECT_THAT(reports[1].stack, ElementsAre("_raw_spin_lock+0x2a/0x30"));
}

TEST(KernelLog, TornAndStrangeLinesCostOnlyThemselves) {
    const auto reports = reports_in("torn");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("tee[9] mutex"));
    EXPECT_THAT(reports[0].stack, ElementsAre("schedule+0x5a/0xd0"));
}

TEST(KernelLog, NothingInAnOrdinaryLog) { EXPECT_THAT(reports_in("ordinary"), IsEmpty()); }

TEST(KernelLog, WhatComesLongAfterIsNoPartOfIt) {
    KernelLog log;
    log.line(1, "INFO: task a:1 blocked for more than 120 seconds.");
    log.line(10'000'000'000, "CPU: 1 PID: 812 Comm: bash Not tainted 6.1.0");
    EXPECT_THAT(tasks(log.reports().at(0)), Not(Contains("bash[812]")));
}

TEST(KernelLog, AnotherStoryEndsIt) {
    for (const char* end : {"BUG: kernel NULL pointer dereference, address: 0000000000000000",
                            "------------[ cut here ]------------", "Showing all locks held in the system:",
                            "stress-ng invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=1000"}) {
        KernelLog log;
        log.line(1, "INFO: task a:1 blocked for more than 120 seconds.");
        log.line(2, end);
        log.line(3, "CPU: 1 PID: 812 Comm: bash Not tainted 6.1.0");
        EXPECT_THAT(tasks(log.reports().at(0)), ElementsAre("a[1]")) << end;
    }
}

TEST(KernelLog, AnyBytesAreRead) {
    KernelLog log;
    for (const char* text : {"",
                             "[",
                             "[]",
                             "<",
                             "<6>",
                             "[ T]",
                             "[1.2][",
                             "\\x",
                             "\\x0",
                             "\\xzz",
                             "\\x0a",
                             "task:",
                             "task: state:",
                             "CPU: ",
                             "Pid: ",
                             "(",
                             "){",
                             "){(",
                             "lock(",
                             "lock();",
                             "+0x/0x",
                             "[<",
                             "? ",
                             "INFO: task ",
                             "INFO: task blocked on a",
                             " locks held by ",
                             "BUG: soft lockup - CPU# stuck for ! []"}) {
        log.line(1, text);
        log.line(1, std::string("INFO: task a:1 blocked for more than 120 seconds."));
        log.line(1, text);
        log.line(1, "WARNING: possible recursive locking detected");
        log.line(1, text);
    }
    EXPECT_THAT(log.reports(), Not(IsEmpty()));
}

}  // namespace
}  // namespace blkhang
