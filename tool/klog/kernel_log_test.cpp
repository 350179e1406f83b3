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
using ReportKind = KernelReport::Kind;

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
    EXPECT_EQ(reports[0].kind, ReportKind::hung_task);
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
    EXPECT_EQ(reports[0].kind, ReportKind::lockdep);
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
    EXPECT_EQ(reports[0].kind, ReportKind::soft_lockup);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("kworker/1:2[87]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("_raw_spin_lock+0x2a/0x30"));
    EXPECT_EQ(reports[1].kind, ReportKind::soft_lockup);
    EXPECT_THAT(tasks(reports[1]), ElementsAre("stress: a]b[33]"));
    EXPECT_EQ(reports[2].kind, ReportKind::hard_lockup);
    EXPECT_THAT(tasks(reports[2]), ElementsAre("tee: (x)[1207]"));
    EXPECT_EQ(reports[3].kind, ReportKind::hard_lockup);
    EXPECT_THAT(reports[3].tasks, IsEmpty());
}

TEST(KernelLogRcu, EveryKindOfStall) {
    const auto reports = reports_in("rcu-stalls");
    ASSERT_EQ(reports.size(), 5U) << "the starved kthread is a footnote of the first, but stands alone at the end";
    for (const auto& report : reports) {
        EXPECT_EQ(report.kind, ReportKind::rcu_stall);
    }
    EXPECT_THAT(tasks(reports[0]), ElementsAre("bash[812]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("shrink_lruvec+0x4b1/0x1130"));
    EXPECT_THAT(reports[4].headline, HasSubstr("kthread starved"));
}

TEST(KernelLogPercpu, AFailedAllocation) {
    const auto reports = reports_in("percpu-failure");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, ReportKind::percpu_failure);
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

/// The reports in a text, all of whose lines came at once.
std::vector<KernelReport> reports_of(std::string_view text) {
    KernelLog log;
    for (std::string_view rest = text; !rest.empty();) {
        const auto end = rest.find('\n');
        log.line(1, rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return log.reports();
}

TEST(KernelLogTraces, AnothersIsNotThatOfWhoIsComplainedOf) {
    const auto reports = reports_of(R"(INFO: task tar:70 blocked for more than 120 seconds.
task:tar             state:D stack:0     pid:70    ppid:1      flags:0x00000002
task:sed             state:D stack:0     pid:71    ppid:1      flags:0x00000002
Call Trace:
 of_sed+0x1/0x2
task:tar             state:D stack:0     pid:70    ppid:1      flags:0x00000002
Call Trace:
 of_tar+0x1/0x2
Call Trace:
 of_nobody+0x1/0x2)");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D tar[70]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("of_tar+0x1/0x2"));
}

TEST(KernelLogTraces, AnOwnersIsNotItsWaiters) {
    const auto reports = reports_of(R"(INFO: task tar:70 blocked for more than 120 seconds.
INFO: task tar:70 is blocked on a mutex likely owned by task sed:71.
task:sed             state:D stack:0     pid:71    ppid:1      flags:0x00000002
Call Trace:
 of_sed+0x1/0x2)");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("tar[70] mutex", "D sed[71]"));
    EXPECT_THAT(reports[0].stack, IsEmpty());
}

TEST(KernelLogTraces, DoubtedFramesAreBetterThanNone) {
    const std::string doubted =
        "INFO: task tar:70 blocked for more than 120 seconds.\nCall Trace:\n ? f+0x1/0x2\n ? g+0x1/0x2\n";
    EXPECT_THAT(reports_of(doubted).at(0).stack, ElementsAre("f+0x1/0x2 (unreliable)", "g+0x1/0x2 (unreliable)"));
    EXPECT_THAT(reports_of(doubted + " h+0x1/0x2\n ? i+0x1/0x2").at(0).stack, ElementsAre("h+0x1/0x2"));
}

TEST(KernelLogTraces, FramesOfAllForms) {
    EXPECT_THAT(reports_of(R"(INFO: task tar:70 blocked for more than 120 seconds.
Call Trace:
 <IRQ>  [<ffffffff8112f4c5>] a+0x1/0x2
 <EOI>  [<ffffffff8112f4c5>] b+0x1/0x2
[c0000000fe1b3a10] [c0000000000f1a2c] .c+0x1c/0x40
 d+0x1/0x2 [dm_crypt 0123456789abcdef0123456789abcdef01234567]
 e+0x1/0x2 a/b.c:1
 f a/b.c:2 [inline]
 g (a/b.c:3))")
                    .at(0)
                    .stack,
                ElementsAre("a+0x1/0x2", "b+0x1/0x2", "c+0x1c/0x40", "d+0x1/0x2 [dm_crypt]", "e+0x1/0x2 a/b.c:1",
                            "f a/b.c:2 [inline]", "g a/b.c:3"));
}

TEST(KernelLogRcu, TheKthreadIsToldApartFromTheCulprit) {
    const auto reports = reports_of(R"(rcu: INFO: rcu_sched self-detected stall on CPU
rcu: rcu_sched kthread starved for 21002 jiffies! g2349 f0x0 RCU_GP_WAIT_FQS(5) ->state=R ->cpu=1
rcu: RCU grace-period kthread stack dump:
task:rcu_sched       state:R  running task     stack:0     pid:13    ppid:2      flags:0x00004000
Call Trace:
 gp+0x1/0x2
NMI backtrace for cpu 1
CPU: 1 PID: 90 Comm: spinner Not tainted 6.1.0 #1
Call Trace:
 spin+0x1/0x2)");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("spinner[90]", "R rcu_sched[13]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("spin+0x1/0x2"));
}

TEST(KernelLogRcu, TasksThatBlockAGracePeriod) {
    EXPECT_THAT(
        tasks(reports_of("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
                         "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P90/1:b..l P91\n"
                         "task:spinner         state:R  running task     stack:0     pid:90    ppid:1      flags:0x0")
                  .at(0)),
        ElementsAre("R spinner[90]", "[91]"));
}

TEST(KernelLogRcu, ACpuAnswersForItself) {
    const auto reports = reports_of(
        "[1.0][    C0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n"
        "[1.0][    C1] NMI backtrace for cpu 1\n"
        "[1.0][    C1] CPU: 1 PID: 90 Comm: spinner Not tainted 6.1.0 #1\n"
        "[1.0][    C1] Call Trace:\n[1.0][    C1]  spin+0x1/0x2");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("spinner[90]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("spin+0x1/0x2"));
}

TEST(KernelLogLockdep, LocksInPieces) {
    const auto reports = reports_of(
        "WARNING: possible circular locking dependency detected\na/1 is trying to acquire lock:\n"
        "ffffffff82e5c7a8\n (\n&q->x\n#2\n){+.+.}-{3:3}\n, at: f+0x1/0x2\n");
    EXPECT_THAT(tasks(reports.at(0)), ElementsAre("a[1] &q->x#2"));
    EXPECT_THAT(reports[0].locks, ElementsAre("&q->x#2"));
}

TEST(KernelLogLockdep, EveryClaimNamesItsTaskAndItsLock) {
    for (const char* text :
         {"WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected\n"
          "a/1 [HC0[0]:SC0[0]:HE0:SE1] is trying to acquire:\n",
          "WARNING: possible irq lock inversion dependency detected\na/1 just changed the state of lock:\n",
          "[ BUG: Invalid wait context ]\na/1 is trying to lock:\n"}) {
        const auto reports = reports_of(std::string(text) + "ffffffff82e5c7a8 (a_mutex){+.+.}, at: f+0x1/0x2");
        ASSERT_EQ(reports.size(), 1U) << text;
        EXPECT_EQ(reports[0].kind, ReportKind::lockdep) << text;
        EXPECT_THAT(tasks(reports[0]), ElementsAre("a[1] a_mutex")) << text;
    }
}

TEST(KernelLogDumps, BlockedTasksAreAReport) {
    for (const char* heading : {"sysrq: Show Blocked State\n", "SysRq : Show Blocked State\n", ""}) {
        const auto reports = reports_of(std::string(heading) +
                                        R"(task:tar             state:D stack:0     pid:70    ppid:1      flags:0x2
Call Trace:
 f+0x1/0x2
sed             D13832   71      2 0x80000000
Call Trace:
 g+0x1/0x2)");
        ASSERT_EQ(reports.size(), 1U) << heading;
        EXPECT_EQ(reports[0].kind, ReportKind::blocked_tasks);
        EXPECT_THAT(tasks(reports[0]), ElementsAre("D tar[70]", "D sed[71]"));
        EXPECT_THAT(reports[0].stack, ElementsAre("f+0x1/0x2"));
    }
    EXPECT_THAT(reports_of("task:tar             state:S stack:0     pid:70    ppid:1      flags:0x2"), IsEmpty());
}

TEST(KernelLogDumps, AWorkqueueLockupShowsItsWorkers) {
    const auto reports = reports_of(R"(BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 31s!
Showing busy workqueues and worker pools:
    in-flight: 87:wb_workfn
task:kworker/1:2     state:D stack:0     pid:87    ppid:2      flags:0x4000
Call Trace:
 f+0x1/0x2)");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, ReportKind::workqueue_lockup);
    EXPECT_THAT(tasks(reports[0]), ElementsAre("D kworker/1:2[87]"));
    EXPECT_THAT(reports[0].stack, ElementsAre("f+0x1/0x2"));
}

TEST(KernelLog, NamesOfKindsAreReadAsTheyAreWritten) {
    for (const ReportKind kind :
         {ReportKind::lockdep, ReportKind::percpu_failure, ReportKind::workqueue_lockup, ReportKind::blocked_tasks}) {
        EXPECT_THAT(kernel_report_kind_from(to_string(kind)), Optional(kind));
    }
}

TEST(KernelLogPercpu, BeforeLinux318AndOfVendors) {
    EXPECT_THAT(tasks(reports_of("PERCPU: allocation failed, size=8 align=8, failed to populate\n"
                                 "Pid: 91, comm: ip Not tainted 3.2.0 #1")
                          .at(0)),
                ElementsAre("ip[91]"));
    EXPECT_THAT(tasks(reports_of("[90:insmod]percpu: allocation failed, size=8 align=8 atomic=0, no space").at(0)),
                ElementsAre("insmod[90]"));
}

TEST(KernelLog, PrefixesOfAllLoggers) {
    for (const char* prefix : {"Mar 07 04:05:06 db7 kernel: ", "[Sat Mar  7 04:05:06 2026] ", "> [   77.000001] ",
                               "kern  :err   : [   77.000001] ", "\x1b[0m[   77.000001] ", "  77.000001] "}) {
        EXPECT_THAT(
            tasks(reports_of(std::string(prefix) + "INFO: task tar:70 blocked for more than 120 seconds.  \"echo 0")
                      .at(0)),
            ElementsAre("tar[70]"))
            << prefix;
    }
}

TEST(KernelLog, NothingInAnOrdinaryLog) { EXPECT_THAT(reports_in("ordinary"), IsEmpty()); }

TEST(KernelLog, WhatComesLongAfterIsNoPartOfIt) {
    KernelLog log;
    log.line(1, "INFO: task a:1 blocked for more than 120 seconds.");
    log.line(10'000'000'000, "CPU: 1 PID: 812 Comm: bash Not tainted 6.1.0");
    EXPECT_THAT(tasks(log.reports().at(0)), Not(Contains("bash[812]")));
}

TEST(KernelLog, AnotherStoryEndsIt) {
    for (const char* end :
         {"BUG: kernel NULL pointer dereference, address: 0000000000000000", "------------[ cut here ]------------",
          "Showing all locks held in the system:",
          "stress-ng invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=1000",
          "Kernel panic - not syncing: hung_task: blocked tasks", "NMI backtrace for cpu 1",
          "dd: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)", "sysrq: Show backtrace of all active CPUs"}) {
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
