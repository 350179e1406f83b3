// SPDX-License-Identifier: GPL-2.0-only
#include "run/blocked_tasks.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class BlockedTasks : public testing::Test {
protected:
    void add(const std::string& pid, const std::string& stat, const std::string& stack) {
        fs::create_directories(proc_.path() / pid);
        ASSERT_TRUE(write_file(proc_.path() / pid / "stat", stat));
        ASSERT_TRUE(write_file(proc_.path() / pid / "stack", stack));
    }
    std::vector<seen::BlockedTask> find(std::size_t limit = 50, const std::vector<std::int32_t>& first = {}) {
        std::vector<seen::BlockedTask> tasks;
        find_blocked_tasks(proc_.path(), limit, first,
                           [&](seen::BlockedTask task) { tasks.push_back(std::move(task)); });
        return tasks;
    }
    TempDir proc_ = TempDir::make("blocked").value();
};

TEST_F(BlockedTasks, OnlyUninterruptibleSleepersCount) {
    add("12", "12 (kswapd0) D 2 0 0", "[<0>] __mutex_lock+0x1/0x2\n[<0>] pcpu_alloc+0x3/0x4 [plant]\n");
    add("13", "13 (bash) S 2 0 0", "[<0>] wait+0x1/0x2\n");
    add("self", "14 (x) D 2", "");
    const auto tasks = find();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].pid, 12);
    EXPECT_EQ(tasks[0].comm, "kswapd0");
    EXPECT_EQ(tasks[0].stack, (Stack{"__mutex_lock+0x1/0x2", "pcpu_alloc+0x3/0x4 [plant]"}));
}

TEST_F(BlockedTasks, NamesMayHoldParentheses) {
    add("5", "5 (a) D (b) D 1 2", "");
    const auto tasks = find();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].comm, "a) D (b");
}

TEST_F(BlockedTasks, StopsAtTheLimit) {
    for (int i = 10; i < 20; ++i) {
        add(std::to_string(i), std::to_string(i) + " (t) D 1", "");
    }
    EXPECT_EQ(find(3).size(), 3U);
}

TEST_F(BlockedTasks, ThoseThatMatterComeFirstAndOnce) {
    for (int i = 10; i < 20; ++i) {
        add(std::to_string(i), std::to_string(i) + " (t) D 1", "");
    }
    const auto tasks = find(3, {19, 99, 15});
    ASSERT_EQ(tasks.size(), 3U);
    EXPECT_EQ(tasks[0].pid, 19);
    EXPECT_EQ(tasks[1].pid, 15);
    EXPECT_NE(tasks[2].pid, 19);
    EXPECT_NE(tasks[2].pid, 15);
}

TEST_F(BlockedTasks, DamagedFilesAreSkipped) {
    add("7", "garbage", "");
    EXPECT_TRUE(find().empty());
}

}  // namespace
}  // namespace blkhang
