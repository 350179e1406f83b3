// SPDX-License-Identifier: GPL-2.0-only
#include "klog/story_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "klog/kernel_text.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = LogComplaint::Kind;

void read(StoryReader& reader, std::string_view text) {
    for (std::string_view rest = text; !rest.empty();) {
        const auto end = rest.find('\n');
        reader.line(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
}

LogStory story_of(std::string_view text) {
    StoryReader reader;
    reader.begin_text();
    read(reader, text);
    return reader.finish();
}

std::string joined(const LogStack& stack) {
    std::string text;
    for (const auto& frame : stack) {
        text += fmt::format("{}{}{}", text.empty() ? "" : " ", frame.function, frame.doubted ? "?" : "");
    }
    return text;
}

std::string joined(const std::vector<LogHeldLock>& locks) {
    std::string text;
    for (const auto& lock : locks) {
        text += fmt::format("{}{}@{}", text.empty() ? "" : " ", lock.name, lock.taken_at);
    }
    return text;
}

/// "D comm[pid]: frames", each only where it is told.
std::vector<std::string> tasks(const LogStory& story) {
    std::vector<std::string> result;
    for (const auto& task : story.tasks) {
        result.push_back(fmt::format("{}{}[{}]{}{}", task.state ? std::string{*task.state, ' '} : "", task.comm,
                                     task.pid ? std::to_string(*task.pid) : "", task.stack.empty() ? "" : ": ",
                                     joined(task.stack)));
    }
    return result;
}

/// The kinds with the pid of whom is complained.
std::vector<std::pair<Kind, int>> complaints(const LogStory& story) {
    std::vector<std::pair<Kind, int>> result;
    for (const auto& complaint : story.complaints) {
        result.emplace_back(complaint.kind, complaint.pid.value_or(-1));
    }
    return result;
}

constexpr std::string_view kTwoHung = R"(INFO: task tar:70 blocked for more than 120 seconds.
      Not tainted 6.1.0-43-amd64 #1 Debian 6.1.162-1
task:tar             state:D stack:0     pid:70    ppid:1      flags:0x00000002
Call Trace:
 <TASK>
 __schedule+0x34d/0x9e0
 rq_qos_wait+0xbb/0x130
 </TASK>
INFO: task sed:71 blocked for more than 241 seconds.
task:sed             state:D stack:0     pid:71    ppid:1      flags:0x00000002
Call Trace:
 <TASK>
 ? __schedule+0x34d/0x9e0
 ? wb_wait+0x1/0x2
 </TASK>
)";

TEST(Story, EachTaskHasItsOwnTrace) {
    const auto story = story_of(kTwoHung);
    EXPECT_THAT(tasks(story), ElementsAre("D tar[70]: __schedule rq_qos_wait", "D sed[71]: __schedule? wb_wait?"));
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::hung_task, 70}, std::pair{Kind::hung_task, 71}));
    EXPECT_EQ(story.tasks[1].blocked_for_ns, 241'000'000'000U);
    EXPECT_EQ(story.tasks[1].place, (LogPlace{0, 9}));
    EXPECT_EQ(story.release, "6.1.0-43-amd64");
    EXPECT_EQ(story.left_out, 0U);
}

TEST(Story, IsTheSameInWhateverFormItWasKept) {
    const auto with_prefix = [](std::string_view prefix, std::string_view end) {
        std::string text;
        for (std::string_view rest = kTwoHung; !rest.empty();) {
            const auto newline = rest.find('\n');
            text += fmt::format("{}{}{}\n", prefix, rest.substr(0, newline), end);
            rest.remove_prefix(newline + 1);
        }
        return text;
    };
    for (const auto& [prefix, end] : std::initializer_list<std::pair<const char*, const char*>>{
             {"Mar 07 04:05:06 db7 kernel: ", ""},
             {"[   77.000001] ", "\r"},
             {"<4>[   77.000001][  T35] ", ""},
             {"[Sat Mar  7 04:05:06 2026] ", ""},
             {"6,321,77000001,-;", ""},
             {"> > Mar  7 04:05:06 db7 kernel: [   77.000001] ", ""},
             {"\x1b[32m[   77.000001] \x1b[0m", "\r\r"},
             {R"({"log":"[   77.000001] )", R"(\r\n","stream":"stdout"})"},
             {"2026-03-07T04:05:06.123Z stdout F ", ""},
             {"    ", ""},
         }) {
        auto text = with_prefix(prefix, end);
        if (prefix[0] == '{') {
            continue;  // quotes would have to be escaped; plain_line_test.cpp has it
        }
        const auto story = story_of(text);
        EXPECT_EQ(tasks(story), tasks(story_of(kTwoHung))) << text;
        EXPECT_EQ(complaints(story).size(), 2U) << text;
    }
}

TEST(Story, TheBannerTellsTheKernelAndEndsWhatStoodBefore) {
    const auto story = story_of(
        "[    1.000000] INFO: task a:1 blocked for more than 120 seconds.\n"
        "[    0.000000] Linux version 6.1.0-57-cloud-amd64 (someone@somewhere) (gcc-12) #1 SMP Debian 6.1.192-3\n"
        "[    0.000001] Call Trace:\n"
        "[    0.000002]  of_nobody+0x1/0x2\n");
    EXPECT_EQ(story.release, "6.1.0-57-cloud-amd64");
    EXPECT_TRUE(story.tasks.front().stack.empty());
}

TEST(Story, LinesOfOtherProgramsAreNotTheKernels) {
    const auto story = story_of(
        "Mar 07 04:05:06 db7 kernel: INFO: task tar:70 blocked for more than 120 seconds.\n"
        "Mar 07 04:05:06 db7 helper[9]: INFO: task no:1 blocked for more than 120 seconds.\n"
        "Mar 07 04:05:06 db7 kernel: Call Trace:\n"
        "Mar 07 04:05:06 db7 helper[9]:  no+0x1/0x2\n"
        "Mar 07 04:05:06 db7 kernel:  f+0x1/0x2\n");
    EXPECT_THAT(tasks(story), ElementsAre("tar[70]: f"));
}

TEST(Story, MessagesOfSeveralLinesAreTakenApart) {
    EXPECT_THAT(tasks(story_of("Mar  7 04:05:06 db7 kernel: INFO: task tar:70 blocked for more than 120 "
                               "seconds.#012Call Trace:#012 f+0x1/0x2#012 g+0x1/0x2")),
                ElementsAre("tar[70]: f g"));
}

TEST(Story, WhatMailProgramsWrappedIsPutTogether) {
    const auto story = story_of(R"(> Mar  7 04:05:06 db7 kernel: [   77.1] INFO: task tar:70 blocked for more
> than 120 seconds.
> Mar  7 04:05:06 db7 kernel: [   77.2] task:tar             state:D stack:0
> pid:70    ppid:1      flags:0x00000002
> Mar  7 04:05:06 db7 kernel: [   77.3] Call Trace:
> Mar  7 04:05:06 db7 kernel: [   77.4]
> f+0x1/0x2
> Mar  7 04:05:06 db7 kernel: [   77.5] INFO: task tar:70 is blocked on a mutex likely owned by task
> sed:71.
> Mar  7 04:05:06 db7 kernel: [   77.6] INFO: task
> ed:72 blocked for more than 120 seconds.)");
    EXPECT_THAT(tasks(story), ElementsAre("D tar[70]: f", "ed[72]"));
    ASSERT_TRUE(story.tasks[0].blocked_by);
    EXPECT_EQ(story.tasks[0].blocked_by->pid, 71);
}

TEST(Story, TornLinesArePassedOver) {
    const auto story = story_of(R"([    1.1] INFO: task tar:70 blocked for mo
[    1.2] EXT4-fs (vda1): than 120 seconds.
[    1.3] INFO: task sed:71 blocked for more than 120 seconds.
[    1.4] Call Trace:
[    1.5]  __sched
[    1.6] virtio_blk virtio2: 1/0/0 default/read/poll queues
[    1.7]  f+0x1/0x2)");
    EXPECT_THAT(tasks(story), ElementsAre("sed[71]: f"));
}

TEST(Story, OwnersStandBesideTheirWaiters) {
    const auto story = story_of(R"(INFO: task tar:70 blocked for more than 120 seconds.
task:tar             state:D stack:0     pid:70    ppid:1      flags:0x00000002
Call Trace:
 wait+0x1/0x2
INFO: task tar:70 is blocked on a mutex likely owned by task sed:71.
task:sed             state:S stack:0     pid:71    ppid:1      flags:0x00000002
Call Trace:
 own+0x1/0x2
INFO: task ed:72 blocked for more than 120 seconds.
INFO: task ed:72 <reader> blocked on an rw-semaphore likely owned by task vi:73 <writer>
Call Trace:
 of_vi+0x1/0x2
INFO: task cp:74 blocked in I/O wait for more than 120 seconds.
INFO: task mv:75 blocked for more than 120 seconds.
INFO: task mv:75 is blocked on a mutex, but the owner is not found.)");
    EXPECT_THAT(tasks(story),
                ElementsAre("D tar[70]: wait", "S sed[71]: own", "ed[72]", "[]: of_vi", "cp[74]", "mv[75]"));
    const auto blocker = [&](std::size_t task) {
        const auto& by = story.tasks[task].blocked_by;
        return by ? fmt::format("{} {}[{}]", by->lock, by->comm, by->pid) : "";
    };
    EXPECT_EQ(blocker(0), "mutex sed[71]");
    EXPECT_EQ(blocker(1), "");
    EXPECT_EQ(blocker(2), "rw-semaphore vi[73]");
    EXPECT_EQ(blocker(4), "I/O [0]");
    EXPECT_EQ(blocker(5), "mutex [0]");
}

TEST(Story, LocksAreThoseOfWhoHoldsThem) {
    const auto story = story_of(R"([  500.1] INFO: task tar:70 blocked for more than 120 seconds.
[  500.2] task:tar             state:D stack:0     pid:70    ppid:1      flags:0x00000002
[  500.3] Showing all locks held in the system:
[  500.4] 1 lock held by khungtaskd/35:
[  500.4]  #0: ffffffff82000001 (rcu_read_lock){....}-{1:2}, at: debug_show_all_locks+0x1/0x2
[  500.4] 1 lock held by tar/70:
[  500.4]  #0: ffff888000000001 (&a->lock){+.+.}-{3:3}, at: take_a+0x1/0x2
[  500.4] locks held by sed/71: 2, last CPU#1:
[  500.4]  #0: ffff888000000002 (&b->lock){+.+.}-{3:3}, at: inner include/linux/b.h:3 [inline]
[  500.4]  #0: ffff888000000002 (&b->lock){+.+.}-{3:3}, at: take_b+0x1/0x2 mm/b.c:4
[  500.4]  #1:  (
[  500.4] &c->lock
[  500.4] #2
[  500.4] ){+.+...}
[  500.4] , at: 
[  500.4] [<ffffffff8112f4c5>] take_c+0x1/0x2
[  500.4] no locks held by ed/72.)");
    EXPECT_THAT(tasks(story), ElementsAre("D tar[70]", "sed[71]"));
    EXPECT_EQ(joined(story.tasks[0].holds), "&a->lock@take_a");
    EXPECT_EQ(joined(story.tasks[1].holds), "&b->lock@take_b &c->lock#2@take_c");
}

TEST(Story, ALaterListOfLocksIsAnotherLook) {
    const auto story = story_of(R"([  500.1] INFO: task tar:70 blocked for more than 120 seconds.
[  900.1] Showing all locks held in the system:
[  900.2] 1 lock held by tar/70:
[  900.2]  #0: ffff888000000001 (&a->lock){+.+.}-{3:3}, at: take_a+0x1/0x2)");
    ASSERT_EQ(story.tasks.size(), 2U);
    EXPECT_THAT(story.tasks[0].holds, IsEmpty());
}

TEST(Story, TwoDumpsAreTwoLooks) {
    StoryReader reader;
    for (int i = 0; i < 2; ++i) {
        reader.begin_text();
        read(reader,
             "[  500.1] sysrq: Show Blocked State\n"
             "[  500.1] task:tar             state:D stack:0     pid:70    ppid:1      flags:0x2\n"
             "[  500.1] Call Trace:\n[  500.1]  f+0x1/0x2\n");
    }
    const auto story = reader.finish();
    EXPECT_THAT(tasks(story), ElementsAre("D tar[70]: f", "D tar[70]: f"));
    EXPECT_EQ(story.tasks[1].place, (LogPlace{1, 2}));
    EXPECT_EQ(story.tasks[1].at_ns, 500'100'000'000U);
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::blocked_tasks, -1}, std::pair{Kind::blocked_tasks, -1}));
}

TEST(Story, DumpsWithoutAWordOfWhy) {
    EXPECT_THAT(tasks(story_of(R"(  task                        PC stack   pid father
jbd2/dm-0-8     D14520   412      2 0x80000000
 ffff880079a1d8a8 0000000000000082 ffff880079a1d868 0000000000013780
Call Trace:
 [<ffffffff8134f6a5>] schedule+0x55/0x57
bash            S ffff88007fc13780     0   413      1 0x00000000
Call Trace:
 [<ffffffff8134f6a5>] pipe_wait+0x55/0x57)")),
                ElementsAre("D jbd2/dm-0-8[412]: schedule", "S bash[413]: pipe_wait"));
}

TEST(Story, ArmHasNoHeading) {
    EXPECT_THAT(tasks(story_of(R"(INFO: task dd:9 blocked for more than 120 seconds.
dd              D c0612345     0     9      1 0x00000000
[<c0612345>] (__schedule+0x1/0x2) from [<c0612399>] (schedule+0x5c/0xb8)
[<c0612399>] (schedule) from [<c06123aa>] (io_schedule+0x1/0x2))")),
                ElementsAre("D dd[9]: __schedule schedule"));
}

TEST(Story, FramesBehindATraceAreNobodys) {
    EXPECT_THAT(tasks(story_of(R"(INFO: task dd:9 blocked for more than 120 seconds.
Call Trace:
 f+0x1/0x2
Last Breaking-Event-Address:
 g+0x1/0x2)")),
                ElementsAre("dd[9]: f"));
}

TEST(Story, AnotherStoryEndsTheOneBefore) {
    for (const auto& [end, kind] : std::initializer_list<std::pair<const char*, Kind>>{
             {"Kernel panic - not syncing: Fatal exception", Kind::panic},
             {"BUG: kernel NULL pointer dereference, address: 0000000000000008", Kind::oops},
             {"dd: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)", Kind::allocation_failure},
             {"stress-ng invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=1000", Kind::out_of_memory}}) {
        const auto story =
            story_of(fmt::format("INFO: task tar:70 blocked for more than 120 seconds.\n{}\n"
                                 "CPU: 0 PID: 81 Comm: other Not tainted 6.1.0 #1\nCall Trace:\n f+0x1/0x2\n",
                                 end));
        EXPECT_THAT(tasks(story), ElementsAre("tar[70]", "R other[81]: f")) << end;
        EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::hung_task, 70}, std::pair{kind, 81})) << end;
    }
    EXPECT_THAT(tasks(story_of("INFO: task tar:70 blocked for more than 120 seconds.\nNMI backtrace for cpu 0\n"
                               "CPU: 0 PID: 35 Comm: khungtaskd Not tainted 6.1.0 #1\nCall Trace:\n f+0x1/0x2\n")),
                ElementsAre("tar[70]"))
        << "who reports is no task of the story";
}

TEST(Story, AnOopsIsToldOnce) {
    EXPECT_EQ(story_of("BUG: unable to handle page fault for address: 00\nOops: 0002 [#1] SMP\n").complaints.size(),
              1U);
}

TEST(Story, StalledCpusAreTheCulpritsAndTheirKthreadIsNot) {
    const auto story = story_of(R"(rcu: INFO: rcu_sched detected stalls on CPUs/tasks:
rcu: 	1-...!: (0 ticks this GP) idle=0b8c/0/0x0 softirq=1104/1104 fqs=0
rcu: rcu_sched kthread starved for 21002 jiffies! g2349 f0x0 RCU_GP_WAIT_FQS(5) ->state=R ->cpu=1
rcu: 	Unless rcu_sched kthread gets sufficient CPU time, OOM is now expected behavior.
rcu: RCU grace-period kthread stack dump:
task:rcu_sched       state:R  running task     stack:0     pid:13    ppid:2      flags:0x00004000
Call Trace:
 gp+0x1/0x2
Sending NMI from CPU 0 to CPUs 1:
NMI backtrace for cpu 1
CPU: 1 PID: 90 Comm: spinner Not tainted 6.1.0 #1
Call Trace:
 spin+0x1/0x2)");
    EXPECT_THAT(tasks(story), ElementsAre("R rcu_sched[13]: gp", "R spinner[90]: spin"));
    EXPECT_TRUE(story.tasks[0].bystander);
    EXPECT_FALSE(story.tasks[1].bystander);
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::rcu_stall, 90}));
}

TEST(Story, OnlyAKthreadOfRcuIsABystander) {
    const auto story = story_of(
        "rcu: INFO: rcu_sched self-detected stall on CPU\n"
        "rcu: rcu_sched kthread starved for 21002 jiffies! g2349 f0x0\nTask dump for CPU 1:\n"
        "task:spinner         state:R  running task     stack:0     pid:90    ppid:1      flags:0x0\n");
    EXPECT_FALSE(story.tasks.at(0).bystander);
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::rcu_stall, 90}));
}

TEST(Story, AnAnswerLongAfterIsToAnotherQuestion) {
    EXPECT_THAT(complaints(story_of("[  1.0][    C0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n"
                                    "[ 99.0][    C1] NMI backtrace for cpu 1\n"
                                    "[ 99.0][    C1] CPU: 1 PID: 90 Comm: dd Not tainted 6.1.0 #1")),
                ElementsAre(std::pair{Kind::rcu_stall, -1}));
}

TEST(Story, TasksThatBlockAGracePeriod) {
    const auto story = story_of(R"(rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: 	Tasks blocked on level-0 rcu_node (CPUs 0-3): P90/1:b..l P91
task:spinner         state:R  running task     stack:0     pid:90    ppid:1      flags:0x0
Call Trace:
 spin+0x1/0x2
task:other           state:D stack:0     pid:91    ppid:1      flags:0x0
INFO: rcu_preempt detected stalls on CPUs/tasks: { P92} (detected by 0, t=5 jiffies))");
    EXPECT_THAT(tasks(story), ElementsAre("R spinner[90]: spin", "D other[91]", "[92]"));
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::rcu_stall, 90}, std::pair{Kind::rcu_stall, 92}));
}

TEST(Story, CallersAreFollowedApartAndACpuAnswersForItself) {
    const auto story = story_of(R"([  363.1][   T35] INFO: task tar:70 blocked for more than 120 seconds.
[  363.2][    C1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
[  363.3][   T35] task:tar             state:D stack:0     pid:70    ppid:1      flags:0x00000002
[  363.4][    C0] NMI backtrace for cpu 0
[  363.4][    C0] CPU: 0 UID: 0 PID: 90 Comm: spinner Not tainted 6.12.74 #1
[  363.8][   T35] Call Trace:
[  363.9][    C0] Call Trace:
[  363.9][   T35]  wait+0x1/0x2
[  363.9][    C0]  spin+0x1/0x2)");
    EXPECT_THAT(tasks(story), ElementsAre("D tar[70]: wait", "R spinner[90]: spin"));
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::hung_task, 70}, std::pair{Kind::rcu_stall, 90}));
}

TEST(Story, FailedPercpuAllocationsAreTheirCallers) {
    EXPECT_THAT(tasks(story_of("[  1.0][  T90] percpu: allocation failed, size=8 align=8 atomic=0, failed to populate\n"
                               "[  1.0][  T90] CPU: 0 PID: 90 Comm: ip Not tainted 6.1.0 #1\n"
                               "[  1.0][  T90] Call Trace:\n[  1.0][  T90]  f+0x1/0x2")),
                ElementsAre("R ip[90]: f"));
    EXPECT_THAT(complaints(story_of("[90:insmod]percpu: allocation failed, size=8 align=8 atomic=0, no space left")),
                ElementsAre(std::pair{Kind::percpu_failure, 90}));
    EXPECT_THAT(complaints(story_of("PERCPU: allocation failed, size=8 align=8, failed to populate\n"
                                    "Pid: 91, comm: ip Not tainted 3.2.0 #1")),
                ElementsAre(std::pair{Kind::percpu_failure, 91}));
}

TEST(Story, StacksOfProc) {
    EXPECT_THAT(tasks(story_of("[<0>] a+0x1/0x2\n[<0>] b+0x1/0x2\n\n[<0>] c+0x1/0x2\n[<0>] ret_from_fork+0x1/0x2\n"
                               "[<0>] d+0x1/0x2\n")),
                ElementsAre("[]: a b", "[]: c ret_from_fork", "[]: d"));
    EXPECT_THAT(tasks(story_of("==> /proc/77/stack <==\n[<0>] a+0x1/0x2\n==> /proc/78/stack <==\n[<0>] b+0x1/0x2\n"
                               "/proc/79/stack:[<0>] c+0x1/0x2\n/proc/79/stack:[<0>] d+0x1/0x2\n")),
                ElementsAre("[77]: a", "[78]: b", "[79]: c d"));
    for (const auto& [name, expected] :
         std::initializer_list<std::pair<const char*, const char*>>{{"/proc/77/stack", "[77]: a"},
                                                                    {"stack-77.txt", "[77]: a"},
                                                                    {"77.log", "[]: a"},
                                                                    {"stack-1-of-2", "[]: a"}}) {
        StoryReader reader;
        reader.begin_text(name);
        reader.line("[<0>] a+0x1/0x2");
        EXPECT_THAT(tasks(reader.finish()), ElementsAre(expected)) << name;
    }
}

TEST(Story, PartsOfFirmwareAreReadInTheOrderInWhichTheyWereWritten) {
    StoryReader reader;
    reader.begin_text("dmesg-efi-1");
    read(reader, "Panic#2 Part1\n<4>[  500.5]  g+0x1/0x2\n<0>[  500.7] Kernel panic - not syncing: hung_task\n");
    reader.begin_text("dmesg-efi-2");
    read(reader,
         "Panic#2 Part2\n<3>[  500.1] INFO: task tar:70 blocked for more than 120 seconds.\n"
         "<6>[  500.3] Call Trace:\n<4>[  500.4]  f+0x1/0x2\n");
    const auto story = reader.finish();
    EXPECT_THAT(tasks(story), ElementsAre("tar[70]: f g"));
    EXPECT_EQ(story.tasks[0].place, (LogPlace{2, 1})) << "the parts are a text of their own, in their order";
    EXPECT_EQ(story.complaints[1].place, (LogPlace{2, 5}));
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::hung_task, 70}, std::pair{Kind::panic, -1}));
}

TEST(Story, DisksAndServersInterruptNothing) {
    const auto story = story_of(R"(INFO: task tar:70 blocked for more than 120 seconds.
Call Trace:
 f+0x1/0x2
nfs: server filer not responding, still trying
I/O error, dev vdc, sector 9 op 0x1:(WRITE) flags 0x800
 g+0x1/0x2)");
    EXPECT_THAT(tasks(story), ElementsAre("tar[70]: f g"));
    EXPECT_EQ(story.complaints.size(), 3U);
}

TEST(Story, WhatIsLongAfterIsNoPartOfIt) {
    EXPECT_THAT(tasks(story_of("[  1.0] INFO: task tar:70 blocked for more than 120 seconds.\n[ 99.0]  f+0x1/0x2")),
                ElementsAre("tar[70]", "[]: f"));
}

TEST(StoryLockdep, ACircleWithItsChain) {
    const auto story = story_of(R"([   61.1] WARNING: possible circular locking dependency detected
[   61.1] 6.12.9-debug #2 Not tainted
[   61.1] ------------------------------------------------------
[   61.1] tee/90 is trying to acquire lock:
[   61.1] ffffffff82e5c7a8 (a_mutex){+.+.}-{3:3}, at: take_a+0x1/0x2

[   61.1] but task is already holding lock:
[   61.1] ffff888104d5a1d8 (&b->lock#17){++++}-{0:0}, at: take_b+0x1/0x2

[   61.1] the existing dependency chain (in reverse order) is:

[   61.1] -> #1 (&b->lock#17){++++}-{0:0}:
[   61.1]        b1+0x1/0x2
[   61.1]        b2+0x1/0x2

[   61.1] -> #0 (a_mutex){+.+.}-{3:3}:
[   61.1]        a1+0x1/0x2
[   61.1]   lock(a_mutex);
[   61.1] 2 locks held by tee/90:
[   61.1]  #0: ffff888103b0c420 (sb_writers#5){.+.+}-{0:0}, at: ksys_write+0x1/0x2
[   61.1]  #1: ffff888104d5a1d8 (&b->lock#17){++++}-{0:0}, at: take_b+0x1/0x2

[   61.1] stack backtrace:
[   61.1] CPU: 1 UID: 0 PID: 90 Comm: tee Not tainted 6.12.9-debug #2
[   61.1] Call Trace:
[   61.1]  <TASK>
[   61.1]  dump+0x1/0x2
[   61.1]  </TASK>
[   61.1]  late+0x1/0x2)");
    ASSERT_EQ(story.splats.size(), 1U);
    const auto& splat = story.splats[0];
    EXPECT_EQ(splat.headline, "possible circular locking dependency detected");
    EXPECT_EQ(splat.comm, "tee");
    EXPECT_EQ(splat.pid, 90);
    EXPECT_EQ(splat.wants, "a_mutex");
    EXPECT_EQ(splat.wants_at, "take_a");
    EXPECT_EQ(splat.holding, "&b->lock#17");
    EXPECT_EQ(joined(splat.holds), "sb_writers#5@ksys_write &b->lock#17@take_b") << "outermost first";
    ASSERT_EQ(splat.chain.size(), 2U);
    EXPECT_EQ(splat.chain[0].name, "&b->lock#17");
    EXPECT_EQ(joined(splat.chain[0].stack), "b1 b2");
    EXPECT_EQ(joined(splat.chain[1].stack), "a1");
    EXPECT_EQ(joined(splat.stack), "dump");
    EXPECT_EQ(story.release, "6.12.9-debug");
    EXPECT_THAT(complaints(story), ElementsAre(std::pair{Kind::lockdep, 90}));
    EXPECT_THAT(tasks(story), IsEmpty()) << "it runs; nobody waits";
}

TEST(StoryLockdep, EveryClaimNamesItsTaskAndItsLock) {
    for (const auto& [headline, taker] : std::initializer_list<std::pair<const char*, const char*>>{
             {"WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected",
              "tee/90 [HC0[0]:SC0[2]:HE1:SE0] is trying to acquire:"},
             {"WARNING: possible irq lock inversion dependency detected", "tee/90 just changed the state of lock:"},
             {"[ BUG: Invalid wait context ]", "tee/90 is trying to lock:"},
             {"[ INFO: possible recursive locking detected ]", "tee/90 is trying to acquire lock:"}}) {
        const auto story =
            story_of(fmt::format("{}\n{}\nffffffff82e5c7a8 (a_mutex){{+.+.}}, at: take_a+0x1/0x2\n\n"
                                 "and this task is already holding:\n(b_lock){{..-.}}, at: take_b+0x1/0x2\n",
                                 headline, taker));
        ASSERT_EQ(story.splats.size(), 1U) << headline;
        EXPECT_EQ(story.splats[0].pid, 90) << headline;
        EXPECT_EQ(story.splats[0].wants, "a_mutex") << headline;
        EXPECT_EQ(story.splats[0].holding, "b_lock") << headline;
        EXPECT_EQ(joined(story.splats[0].holds), "b_lock@take_b") << headline;
        EXPECT_EQ(story.splats[0].headline.find_first_of(":[]"), std::string::npos) << headline;
    }
}

TEST(StoryLockdep, AnInconsistentStateSaysWhich) {
    const auto story = story_of(
        "[ INFO: inconsistent lock state ]\ninconsistent {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage.\n"
        "kswapd0/29 [HC0[0]:SC0[0]:HE1:SE1] takes:\n (a_mutex){+.+.?.}, at: [<ffffffff8112f4c5>] f+0x6f/0x8f1");
    ASSERT_EQ(story.splats.size(), 1U);
    EXPECT_EQ(story.splats[0].headline, "inconsistent lock state: {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage");
    EXPECT_EQ(story.splats[0].wants, "a_mutex");
}

TEST(StoryLimits, WhatIsBeyondIsCounted) {
    StoryReader reader;
    for (std::size_t i = 0; i < limits::kLogFramesOfStack + 10; ++i) {
        reader.line("[<0>] f+0x1/0x2");
    }
    for (std::size_t i = 0; i < limits::kLogSplats + 5; ++i) {
        reader.line("WARNING: possible recursive locking detected");
    }
    const auto story = reader.finish();
    EXPECT_EQ(story.tasks.at(0).stack.size(), limits::kLogFramesOfStack);
    EXPECT_EQ(story.splats.size(), limits::kLogSplats);
    EXPECT_EQ(story.left_out, 15U);
    EXPECT_EQ(reader.finish().left_out, 0U) << "the reader begins anew";
}

TEST(StoryLimits, ADiskThatFailsLeavesRoomForWhatMatters) {
    StoryReader reader;
    for (std::size_t i = 0; i < limits::kLogAsides + 7; ++i) {
        reader.line("I/O error, dev vdc, sector 9 op 0x1:(WRITE) flags 0x800");
    }
    reader.line("INFO: task tar:70 blocked for more than 120 seconds.");
    const auto story = reader.finish();
    EXPECT_EQ(story.complaints.size(), limits::kLogAsides + 1);
    EXPECT_EQ(story.left_out, 7U);
}

TEST(StoryLimits, LongLinesAreCut) {
    StoryReader reader;
    reader.line(std::string(1 << 20, '>') + std::string(1 << 20, '[') +
                "INFO: task a:1 blocked for more than 1 seconds.");
    reader.line("[<0>] " + std::string(2000, 'f') + "+0x1/0x2");
    EXPECT_THAT(tasks(reader.finish()), IsEmpty());
}

TEST(Story, ABootInTheMiddleOfATextIsAnother) {
    constexpr std::string_view kHung = "INFO: task tar:70 blocked for more than 120 seconds.\n";
    for (const std::string_view mark :
         {"Linux version 6.1.0-30-amd64 (a@b)\n", "-- Reboot --\n",
          "-- Boot 5e1c7de8a0b14c7cb3b3f4c3d1f4b1d2 --\n[    0.000000] Linux version 6.1.0-30-amd64 (a@b)\n"}) {
        const auto story = story_of(fmt::format("{0}{1}{0}{1}", mark, kHung));
        ASSERT_EQ(story.tasks.size(), 2U) << mark;
        EXPECT_EQ(story.tasks[0].boot, 0U) << mark;
        EXPECT_EQ(story.tasks[1].boot, 1U) << mark;
    }
    StoryReader reader;  // two logs of one boot
    for (int i = 0; i < 2; ++i) {
        reader.begin_text();
        read(reader, "[    0.000000] Linux version 6.1.0-30-amd64 (a@b)\n");
        read(reader, kHung);
    }
    EXPECT_EQ(reader.finish().tasks.back().boot, 0U);
}

TEST(Story, ADoubtThatWasWrappedStaysWithItsFrame) {
    EXPECT_THAT(tasks(story_of("> [    1.000000] task:a               state:D stack:0     pid:1     ppid:0\n"
                               "> [    1.000000] Call Trace:\n"
                               "> [    1.000000]  f+0x1/0x2\n"
                               "> [    1.000000]  ?\n"
                               "> g+0x1/0x2\n"
                               "> [    1.000000]  h+0x1/0x2\n")),
                ElementsAre("D a[1]: f g? h"));
}

TEST(Story, ARecordInPiecesIsOneLine) {
    EXPECT_THAT(tasks(story_of("6,1,1000000,-,ncfrag=0/64;task:a               state:D stack:\n"
                               "6,1,1000000,-,ncfrag=29/64;0     pid:1     ppid:0      flags:0\n"
                               "6,2,1000000,-;Call Trace:\n"
                               "6,3,1000000,-,ncfrag=0/11; f+0x1\n"
                               "6,3,1000000,-,ncfrag=6/11;/0x2 \n"
                               "6,4,1000000,-,ncfrag=0/99; g+0x1/0x2\n")),
                ElementsAre("D a[1]: f g"))
        << "the rest of the last one is lost";
}

TEST(Story, AStackWithLinesMissingIsMarked) {
    const auto gap_in = [](int task, int trace, int first, int second) {
        const auto story =
            story_of(fmt::format("6,{},1000000,-;task:a               state:D stack:0     pid:1     ppid:0\n"
                                 "6,{},1000000,-;Call Trace:\n"
                                 "6,{},1000000,-; f+0x1/0x2\n"
                                 "6,{},1000000,-; g+0x1/0x2\n",
                                 task, trace, first, second));
        return story.tasks.at(0).has_gap;
    };
    EXPECT_FALSE(gap_in(5, 6, 7, 8));
    EXPECT_FALSE(gap_in(5, 7, 8, 9)) << "before the trace";
    EXPECT_TRUE(gap_in(5, 6, 8, 9));
    EXPECT_TRUE(gap_in(5, 6, 7, 9));
    EXPECT_TRUE(gap_in(5, 6, 8, 7)) << "in another order";
}

TEST(Story, TextsAreToldByTheirTimesAndNotAsTheyWereGiven) {
    const auto comms = [](std::string_view first, std::string_view second) {
        StoryReader reader;
        for (const auto prefix : {first, second}) {
            reader.begin_text("log");
            read(reader,
                 fmt::format("{}sysrq: Show Blocked State\n{}task:of{}  state:D stack:0 pid:1 ppid:0\n{}Call Trace:\n"
                             "{} f+0x1/0x2\n",
                             prefix, prefix, prefix == first ? "first" : "second", prefix, prefix));
        }
        const auto story = reader.finish();
        EXPECT_LT(story.complaints.at(0).place.text, story.complaints.at(1).place.text);
        EXPECT_EQ(story.complaints.at(0).place.text, story.tasks.at(0).place.text);
        return story.tasks.at(0).comm + " " + story.tasks.at(1).comm;
    };
    EXPECT_EQ(comms("[   10.000000] ", "[   20.000000] "), "offirst ofsecond");
    EXPECT_EQ(comms("[   20.000000] ", "[   10.000000] "), "ofsecond offirst");
    EXPECT_EQ(comms("Nov  2 10:00:09 h kernel: ", "Nov  2 10:00:01 h kernel: "), "ofsecond offirst");
    EXPECT_EQ(comms("", "[   10.000000] "), "offirst ofsecond") << "of the first no time is known";
    EXPECT_EQ(comms("[   10.000000] ", "Nov  2 10:00:01 h kernel: "), "offirst ofsecond") << "two clocks";
}

TEST(Story, AnyBytesAreRead) {
    for (const char* text : {"",
                             "\xff",
                             "[",
                             "<",
                             "{\"log\":\"",
                             "#012",
                             "Panic#1 Part",
                             "Panic#1 Part1",
                             "task:",
                             "task: state: pid:",
                             "-> #",
                             "#1:",
                             "#1: (",
                             "){",
                             "(){",
                             "? ",
                             "[<0>]",
                             "([<",
                             "/proc/",
                             "/proc/1/stack:",
                             "a/1 is trying to lock:",
                             " locks held by ",
                             "Tasks blocked on level-0: ): P",
                             "inconsistent {",
                             "Linux version ",
                             "INFO: task",
                             ", at: ",
                             "CPU: PID: Comm: "}) {
        std::string all;
        for (const char* before : {"", "INFO: task a:1 blocked for more than 120 seconds.\n",
                                   "WARNING: possible recursive locking detected\na/1 is trying to acquire lock:\n",
                                   "rcu: INFO: rcu_preempt self-detected stall on CPU\n", "2 locks held by a/1:\n"}) {
            all += fmt::format("{}{}\n{}\n", before, text, text);
        }
        EXPECT_EQ(story_of(all).left_out, 0U) << text;
    }
}

}  // namespace
}  // namespace blkhang
