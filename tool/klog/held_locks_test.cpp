// SPDX-License-Identifier: GPL-2.0-only
#include "klog/held_locks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/limits.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// One that was begun anew before this line, if there is such a line.
HeldLocksReader reader_of(std::string_view log, std::string_view anew = {}) {
    HeldLocksReader reader;
    for (std::uint64_t at = 1; !log.empty(); ++at) {
        const auto end = std::min(log.find('\n'), log.size());
        if (!anew.empty() && log.substr(0, end) == anew) {
            reader.begin_anew();
        }
        reader.line(at, log.substr(0, end));
        log.remove_prefix(std::min(end + 1, log.size()));
    }
    return reader;
}

std::vector<std::string> tasks_of(const HeldLocksReader& reader) {
    std::vector<std::string> tasks;
    for (const auto& task : reader.found().value_or(HeldLocks{}).tasks) {
        std::string text = fmt::format("{}[{}]:", task.comm, task.pid);
        for (const auto& lock : task.locks) {
            text += fmt::format(" {}@{}", lock.name, lock.taken_at);
        }
        tasks.push_back(text);
    }
    return tasks;
}

/// As a guest logged it: of a task that ran no locks are listed, and others speak between the lines.
constexpr std::string_view kGuest = R"(\x0aShowing all locks held in the system:
3 locks held by blkhang/48:
1 lock held by khungtaskd/19:
 #0: ffffffffb22c0e20 (rcu_read_lock){....}-{1:2}, at: debug_show_all_locks+0x33/0x17f
2 locks held by blkhang-trigger/33:
 #0: ff12a97ccfab7688 (&of->mutex){+.+.}-{3:3}, at: kernfs_fop_write_iter+0xf3/0x200
sysrq: Show Blocked State
 #1: ffffffffb22e4468 (pcpu_alloc_mutex){+.+.}-{3:3}, at: pcpu_alloc+0x2d1/0x800
1 lock held by kswapd0/27:
 #0: ffffffffb22edf80 (fs_reclaim){+.+.}-{0:0}, at: balance_pgdat+0x30b/0x660

=============================================

1 lock held by later/1:
 #0: ffffffffb22edf80 (later){+.+.}-{0:0}, at: later+0x30b/0x660)";

TEST(HeldLocks, AreThoseOfEachTaskButOfWhoListsThem) {
    EXPECT_THAT(tasks_of(reader_of(kGuest)),
                ElementsAre("blkhang-trigger[33]: &of->mutex@kernfs_fop_write_iter pcpu_alloc_mutex@pcpu_alloc",
                            "kswapd0[27]: fs_reclaim@balance_pgdat"));
    EXPECT_EQ(reader_of(kGuest).found()->at_ns, 1U);
}

TEST(HeldLocks, WhoListsThemMayHoldOthers) {
    EXPECT_THAT(tasks_of(reader_of(R"(Showing all locks held in the system:
2 locks held by blkhang/48:
 #0: ff12a97ccfaa7430 (sb_writers#4){.+.+}-{0:0}, at: ksys_write+0x72/0xb0
 #1: ffffffffb22c0e20 (rcu_read_lock){....}-{1:2}, at: debug_show_all_locks+0x33/0x17f
 #2: ffffffffb22c0e28 (another){....}-{1:2}, at: another+0x33/0x17f)")),
                IsEmpty());
}

TEST(HeldLocks, OnlyTheFirstListCountsUntilBegunAnew) {
    const std::string twice = std::string(kGuest) +
                              "\nShowing all locks held in the system:\n1 lock held by tar/70:\n"
                              " #0: ffff888000000001 (&a->lock){+.+.}-{3:3}, at: take_a+0x1/0x2";
    EXPECT_EQ(tasks_of(reader_of(twice)).size(), 2U);
    EXPECT_THAT(tasks_of(reader_of(twice, "Showing all locks held in the system:")),
                ElementsAre("tar[70]: &a->lock@take_a"));
}

TEST(HeldLocks, OfAnotherCallerAreNotTakenForTheList) {
    EXPECT_THAT(tasks_of(reader_of(R"([  500.3][  T35] Showing all locks held in the system:
[  500.4][  T35] 1 lock held by tar/70:
[  500.4][  T99] 1 lock held by bystander/99:
[  500.4][  T35]  #0: ffff888000000001 (&a->lock){+.+.}-{3:3}, at: take_a+0x1/0x2)")),
                ElementsAre("tar[70]: &a->lock@take_a"));
}

TEST(HeldLocks, OfOldKernelsComeInPieces) {
    EXPECT_THAT(tasks_of(reader_of(R"(Showing all locks held in the system:
1 lock held by sed/71:
 #0:  (
&c->lock
){+.+...}
, at: 
[<ffffffff8112f4c5>] take_c+0x1/0x2)")),
                ElementsAre("sed[71]: &c->lock@take_c"));
}

/// Of 6.1 with lockdep, in a guest that hung and that was dumped by SysRq-w on another CPU meanwhile.
TEST(HeldLocks, OfARealLogAreAll) {
    const auto tasks = tasks_of(reader_of(
        read_file(std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/diagnose/testdata/nr-requests-lockdep.log")
            .value()));
    EXPECT_EQ(tasks.size(), 13U);
    EXPECT_THAT(tasks, testing::Contains("blkhang-percpu[36]: pcpu_alloc_mutex@bpf_trampoline_6442485503 "
                                         "fs_reclaim@__alloc_pages_slowpath.constprop.0"));
}

TEST(HeldLocks, ThatLockdepIsOffIsNoted) {
    const auto reader = reader_of("[ 22.42] INFO: lockdep is turned off.\nShowing all locks held in the system:");
    ASSERT_TRUE(reader.found());
    EXPECT_TRUE(reader.found()->is_off);
    EXPECT_FALSE(reader_of("1 lock held by tar/70:\n #0: f (a){+}, at: b+0x1/0x2").found());
}

TEST(HeldLocks, AreAtMostSoMany) {
    HeldLocksReader reader;
    reader.line(1, "Showing all locks held in the system:");
    for (std::size_t task = 1; task <= 2 * HeldLocks::kMost; ++task) {
        reader.line(1, fmt::format("1 lock held by t/{}:", task));
        reader.line(
            1, fmt::format(" #0: ffff888000000001 ({}){{+.+.}}-{{3:3}}, at: take_a+0x1/0x2", std::string(700, 'x')));
    }
    EXPECT_EQ(reader.found()->tasks.size(), HeldLocks::kMost + 1);  // the last, of which nothing is kept
    EXPECT_EQ(reader.found()->left_out, HeldLocks::kMost);
    EXPECT_EQ(reader.found()->tasks.front().locks.front().name.size(), limits::kName);
}

}  // namespace
}  // namespace blkhang
