// SPDX-License-Identifier: GPL-2.0-only
#include "klog/task_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

std::string task_seen(const std::optional<kernel_text::TaskView>& task) {
    return task ? fmt::format("{}[{}]{}", task->comm, task->pid, task->state ? std::string{' ', *task->state} : "")
                : "none";
}

TEST(TaskLine, DumpsOfAllTimes) {
    for (const auto& [line, expected] : std::initializer_list<std::pair<const char*, const char*>>{
             {"task:tee             state:D stack:0     pid:1207  tgid:1207  ppid:1      flags:0x00000002",
              "tee[1207] D"},
             {"task:kworker/1:2     state:D stack:    0 pid:   87 ppid:     2 flags:0x00004000", "kworker/1:2[87] D"},
             {"task:rcu_preempt     state:R  running task     stack:28864 pid:   14 ppid:     2 flags:0x00004000",
              "rcu_preempt[14] R"},
             {"qemu-system-x86 D ffff88007fc13780     0  2933      1 0x00000000", "qemu-system-x86[2933] D"},
             {"jbd2/dm-0-8     D14520   412      2 0x80000000", "jbd2/dm-0-8[412] D"},
             {"swapper/1       R  running task        0     0      1 0x00200000", "swapper/1[0] R"},
             {"my task         S    0   412      2 0x80000000", "my task[412] S"},
             {"bash D 0 812 1 0x00000000", "bash[812] D"},
         }) {
        EXPECT_EQ(task_seen(dumped_task(line)), expected) << line;
    }
}

TEST(TaskLine, OtherLinesAreNoDumps) {
    for (const char* line :
         {"task:tee             state:", "task:tee", "task:", "read 1 2 0x00000000", "usb 1-1: x 12 13 0x0000abcd",
          "0x00000000", "1 2 0x00000000", "dma D 0x1 0x00000000 0x00000000", ""}) {
        EXPECT_EQ(task_seen(dumped_task(line)), "none") << line;
    }
}

TEST(TaskLine, WhoRunsAndOnWhatKernel) {
    const auto running =
        running_task("CPU: 1 UID: 0 PID: 1207 Comm: tee: (x) Tainted: G        W          6.12.74-a #1");
    EXPECT_EQ(task_seen(running.value().task), "tee: (x)[1207]");
    EXPECT_EQ(running->release, "6.12.74-a");
    EXPECT_EQ(task_seen(running_task("Pid: 29, comm: kswapd0 Not tainted 3.1.2-1.fc16.x86_64 #1").value().task),
              "kswapd0[29]");
    EXPECT_EQ(running_task("CPU: 0 PID: 7 Comm: a Kdump: loaded Not tainted 5.14.0 #1").value().release, "5.14.0");
    EXPECT_FALSE(running_task("CPU: 3 is up"));
}

TEST(TaskLine, ReleasesWhereverTheyStand) {
    EXPECT_EQ(release_in("Linux version 6.1.0-43-cloud-amd64 (someone@somewhere) (gcc 12.2.0)"),
              "6.1.0-43-cloud-amd64");
    EXPECT_EQ(release_in("Not tainted 5.10.0-33-amd64 #1 Debian 5.10.226-1"), "5.10.0-33-amd64");
    EXPECT_EQ(release_in("6.12.74-lockdep #2 Tainted: G        W"), "6.12.74-lockdep");
    EXPECT_EQ(release_in("EXT4-fs 1.2"), "");
}

TEST(TaskLine, Blockers) {
    const auto rw =
        blocker_in("INFO: task fsck:77 <writer> blocked on an rw-semaphore likely owned by task m x:76 <reader>");
    EXPECT_EQ(task_seen(rw.value().waiter), "fsck[77]");
    EXPECT_EQ(rw->lock, "rw-semaphore");
    EXPECT_EQ(task_seen(rw->owner), "m x[76]");
    const auto unknown = blocker_in("INFO: task umount:80 is blocked on a mutex, but the owner is not found.");
    EXPECT_EQ(unknown.value().lock, "mutex");
    EXPECT_FALSE(unknown->owner);
    EXPECT_FALSE(blocker_in("INFO: task umount:80 blocked for more than 120 seconds."));
}

TEST(TaskLine, StacksOfProc) {
    const auto grep = proc_stack_in("/proc/77/task/78/stack:[<0>] f+0x1/0x2");
    EXPECT_EQ(grep.value().pid, 78);
    EXPECT_EQ(grep->rest, "[<0>] f+0x1/0x2");
    EXPECT_EQ(proc_stack_in("==> /proc/77/stack <==").value().pid, 77);
    EXPECT_FALSE(proc_stack_in("/proc/77/status"));
    EXPECT_FALSE(proc_stack_in("/proc/self/stack"));
}

}  // namespace
}  // namespace blkhang
