// SPDX-License-Identifier: GPL-2.0-only
#include "klog/headline.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using Kind = LogComplaint::Kind;

TEST(Headline, EveryKind) {
    for (const auto& [line, kind] : std::initializer_list<std::pair<const char*, Kind>>{
             {"INFO: task dd:9 blocked for more than 241 seconds.", Kind::hung_task},
             {"INFO: task dd:9 blocked in I/O wait for more than 241 seconds.", Kind::hung_task},
             {"INFO: task dd:9 can't die for more than 143 seconds.", Kind::hung_task},
             {"watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [dd:9]", Kind::soft_lockup},
             {"BUG: soft lockup detected on CPU#0!", Kind::soft_lockup},
             {"NMI watchdog: Watchdog detected hard LOCKUP on cpu 1", Kind::hard_lockup},
             {"watchdog: CPU 7 self-detected hard LOCKUP @ f+0x1/0x2", Kind::hard_lockup},
             {"rcu: INFO: rcu_sched self-detected stall on CPU", Kind::rcu_stall},
             {"INFO: rcu_tasks detected stalls on tasks:", Kind::rcu_stall},
             {"INFO: rcu_sched_state detected stall on CPU 0 (t=15000 jiffies)", Kind::rcu_stall},
             {"rcu: rcu_sched kthread starved for 5250 jiffies! g9", Kind::rcu_stall},
             {"percpu: allocation failed, size=8 align=8 atomic=1, atomic alloc failed, no space left",
              Kind::percpu_failure},
             {"PERCPU: allocation failed, size=8 align=8, no room", Kind::percpu_failure},
             {"BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=-20 stuck for 31s!", Kind::workqueue_lockup},
             {"WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", Kind::lockdep},
             {"WARNING: possible irq lock inversion dependency detected", Kind::lockdep},
             {"[ INFO: possible recursive locking detected ]", Kind::lockdep},
             {"[ BUG: Invalid wait context ]", Kind::lockdep},
             {"SysRq : Show Blocked State", Kind::blocked_tasks},
             {"sysrq: Show State", Kind::blocked_tasks},
             {"BUG: unable to handle page fault for address: ffff88", Kind::oops},
             {"general protection fault, probably for non-canonical address 0xdead: 0000 [#1]", Kind::oops},
             {"Unable to handle kernel paging request at virtual address 0", Kind::oops},
             {"Kernel panic - not syncing: softlockup: hung tasks", Kind::panic},
             {"dd b: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)", Kind::allocation_failure},
             {"dd: page allocation stalls for 12000ms, order:0", Kind::allocation_failure},
             {"dd invoked oom-killer: gfp_mask=0xcc0", Kind::out_of_memory},
             {"blk_update_request: I/O error, dev sdb, sector 9", Kind::io_error},
             {"I/O error, dev vdc, sector 9 op 0x1:(WRITE) flags 0x800", Kind::io_error},
             {"nvme nvme1: I/O 9 QID 2 timeout, aborting", Kind::io_error},
             {"ata3.00: exception Emask 0x0 SAct 0x1 SErr 0x0 action 0x6 frozen", Kind::io_error},
             {"nfs: server filer not responding, still trying", Kind::server_silent},
             {"CIFS: VFS: \\\\filer has not responded in 180 seconds. Reconnecting...", Kind::server_silent},
         }) {
        const auto headline = headline_in(line);
        ASSERT_TRUE(headline) << line;
        EXPECT_EQ(headline->kind, kind) << line;
        EXPECT_EQ(headline->text, line);
    }
}

TEST(Headline, TheTaskAndHowLongItHasWaited) {
    const auto hung = headline_in("INFO: task a:b:9 blocked for more than 241 seconds.  \"echo 0 > /proc/sys/k");
    ASSERT_TRUE(hung);
    EXPECT_EQ(hung->task, (kernel_text::TaskView{"a:b", 9, {}}));
    EXPECT_EQ(hung->blocked_for_ns, 241'000'000'000U);
    EXPECT_EQ(hung->text, "INFO: task a:b:9 blocked for more than 241 seconds.") << "what was glued to it is cut off";
    EXPECT_EQ(headline_in("BUG: soft lockup - CPU#3 stuck for 26s! [x]y:9]").value().task,
              (kernel_text::TaskView{"x]y", 9, {}}));
}

TEST(Headline, OrdinaryLinesAreNone) {
    for (const char* line :
         {"", "INFO: task a:1 blocked for mo", "INFO: task a:1 blocked for more than a while",
          "rcu: Hierarchical RCU implementation.", "percpu: Embedded 62 pages/cpu s217088 r8192 d28672",
          "NMI watchdog: Enabled.", "sysrq: HELP : loglevel(0-9)",
          "WARNING: CPU: 1 PID: 12 at kernel/workqueue.c:2989 f+0x1/0x2", "nfs: server filer OK",
          "nvme nvme0: 8/0/0 default/read/poll queues",
          "BUG: sleeping function called from invalid context at mm/slab.h:1",
          "sd 0:0:0:0: [sda] Attached SCSI disk"}) {
        EXPECT_FALSE(headline_in(line)) << line;
    }
}

}  // namespace
}  // namespace blkhang
