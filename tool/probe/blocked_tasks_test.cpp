// SPDX-License-Identifier: GPL-2.0-only
#include "probe/blocked_tasks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>

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
    std::vector<seen::BlockedTask> find(const Look& look = {}) {
        std::vector<seen::BlockedTask> tasks;
        find_blocked_tasks(proc_.path(), look, [&](seen::BlockedTask task) { tasks.push_back(std::move(task)); });
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

TEST_F(BlockedTasks, WhatEndsAStackOfAnOldKernelIsNoFunction) {
    add("12", "12 (kswapd0) D 2 0 0",
        "[<ffffffff8110a3f2>] pcpu_alloc+0x3/0x4\n[<ffffffffffffffff>] 0xffffffffffffffff\n");
    const auto tasks = find();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].stack, Stack{"pcpu_alloc+0x3/0x4"});
}

TEST_F(BlockedTasks, NamesMayHoldParentheses) {
    add("5", "5 (a) D (b) D 1 2", "");
    const auto tasks = find();
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].comm, "a) D (b");
}

TEST_F(BlockedTasks, LockdepIsAskedForLocksWhereItIsAndNowhereElse) {
    const auto trigger = proc_.path() / "sysrq-trigger";
    ASSERT_TRUE(write_file(trigger, ""));
    EXPECT_THAT(find({.first = {}, .whole = false, .lists_locks = true}), testing::IsEmpty());
    EXPECT_EQ(read_file(trigger).value(), "");
    ASSERT_TRUE(write_file(proc_.path() / "lockdep", "all lock classes:"));
    find();
    EXPECT_EQ(read_file(trigger).value(), "");
    find({.first = {}, .whole = false, .lists_locks = true});
    EXPECT_EQ(read_file(trigger).value(), "d");
}

TEST_F(BlockedTasks, StopsAtTheLimit) {
    for (int i = 10; i < 20; ++i) {
        add(std::to_string(i), std::to_string(i) + " (t) D 1", "");
    }
    EXPECT_EQ(find({.first = {}, .limit = 3}).size(), 3U);
}

TEST_F(BlockedTasks, ThoseThatMatterComeFirstAndOnce) {
    for (int i = 10; i < 20; ++i) {
        add(std::to_string(i), std::to_string(i) + " (t) D 1", "");
    }
    const auto tasks = find({.first = {19, 99, 15}, .limit = 3});
    ASSERT_EQ(tasks.size(), 3U);
    EXPECT_EQ(tasks[0].pid, 19);
    EXPECT_EQ(tasks[1].pid, 15);
    EXPECT_NE(tasks[2].pid, 19);
    EXPECT_NE(tasks[2].pid, 15);
}

TEST_F(BlockedTasks, OnlyThoseThatAreNamedIfNoOthersAreWanted) {
    add("12", "12 (kswapd0) D 2", "");
    add("13", "13 (bash) R 2", "");
    const auto tasks = find({.first = {13}, .whole = false});
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].pid, 13);
    EXPECT_EQ(tasks[0].state, 'R');
}

TEST_F(BlockedTasks, EachIsToldWithItsTime) {
    add("12", "12 (kswapd0) D 2", "");
    add("13", "13 (bash) D 2", "");
    const auto before = monotonic_ns();
    const auto tasks = find();
    const auto after = monotonic_ns();
    ASSERT_EQ(tasks.size(), 2U);
    EXPECT_GE(tasks[0].at_ns, before);
    EXPECT_GE(tasks[1].at_ns, tasks[0].at_ns);
    EXPECT_LE(tasks[1].at_ns, after);
}

/// A stat file whose 20th field tells how many threads there are.
std::string stat_of(int pid, char state, std::size_t threads) {
    return fmt::format("{} (a) b) {} 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 {} 0 100\n", pid, state, threads);
}

std::vector<std::int32_t> pids_in(const std::vector<seen::BlockedTask>& tasks) {
    std::vector<std::int32_t> pids;
    std::ranges::transform(tasks, std::back_inserter(pids), &seen::BlockedTask::pid);
    return pids;
}

TEST_F(BlockedTasks, ThreadsOfAProcessAreListedBehindTheFirstOnes) {
    add("10", stat_of(10, 'S', 4), "");
    add("10/task/10", stat_of(10, 'S', 4), "");
    add("10/task/11", stat_of(11, 'D', 4), "[<0>] blkg_conf_prep+0x1/0x2\n");
    add("10/task/12", stat_of(12, 'S', 4), "");
    add("10/task/13", stat_of(13, 'D', 4), "");
    add("20", stat_of(20, 'D', 1), "");
    const auto tasks = find();
    ASSERT_THAT(pids_in(tasks), testing::UnorderedElementsAre(20, 11, 13));
    EXPECT_EQ(tasks[0].pid, 20) << "a thread takes no other process's room";
    const auto stuck = std::ranges::find(tasks, 11, &seen::BlockedTask::pid);
    EXPECT_EQ(stuck->comm, "a) b");
    EXPECT_EQ(stuck->stack, (Stack{"blkg_conf_prep+0x1/0x2"}));
    EXPECT_EQ(pids_in(find({.first = {}, .limit = 1})), (std::vector<std::int32_t>{20}));
}

/// Neither twice because it is named, nor left out because its process is.
TEST_F(BlockedTasks, EachThreadIsListedOnce) {
    add("10", stat_of(10, 'D', 3), "");
    add("10/task/10", stat_of(10, 'D', 3), "");
    add("10/task/11", stat_of(11, 'D', 3), "");
    add("10/task/12", stat_of(12, 'D', 3), "");
    add("11", stat_of(11, 'D', 3), "");  // found by its name, though a listing of /proc does not show it
    EXPECT_THAT(pids_in(find({.first = {10, 11}})), testing::ElementsAre(10, 11, 12));
}

TEST_F(BlockedTasks, WhoHasOneThreadIsNotAskedForOthers) {
    add("10", stat_of(10, 'S', 1), "");
    add("10/task/11", stat_of(11, 'D', 1), "");
    EXPECT_TRUE(find().empty());
}

TEST_F(BlockedTasks, OfVeryManyThreadsSomeAreLookedAt) {
    constexpr std::size_t kThreads = kMostThreadsLookedAt + 10;
    add("1", stat_of(1, 'S', kThreads), "");
    for (std::size_t i = 0; i < kThreads; ++i) {
        const auto pid = static_cast<int>(1000 + i);
        add(fmt::format("1/task/{}", pid), stat_of(pid, 'D', kThreads), "");
    }
    EXPECT_EQ(find({.first = {}, .limit = 2 * kThreads}).size(), kMostThreadsLookedAt);
}

TEST_F(BlockedTasks, DamagedFilesAreSkipped) {
    add("7", "garbage", "");
    EXPECT_TRUE(find().empty());
}

constexpr auto kSoon = std::chrono::milliseconds(50);
constexpr auto kLong = std::chrono::seconds(20);

seen::BlockedTask task_of(std::int32_t pid) { return {pid, "t", 'D', {}, 1}; }

/// Hands on the tasks asked for, unless they are those whose files cannot be read until release().
class SlowFinder {
public:
    BlockedTaskFinder::Finder finder() {
        return [state = state_](const Look& look, const std::function<void(seen::BlockedTask)>& sink) {
            for (const auto pid : look.first) {
                if (pid == kStuck) {
                    std::unique_lock guard(state->lock);
                    state->changed.wait(guard, [&] { return state->released; });
                }
                sink(task_of(pid));
            }
        };
    }
    void release() {
        const std::scoped_lock guard(state_->lock);
        state_->released = true;
        state_->changed.notify_all();
    }
    ~SlowFinder() { release(); }
    static constexpr std::int32_t kStuck = 666;

private:
    struct State {
        std::mutex lock;
        std::condition_variable changed;
        bool released = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

std::vector<std::int32_t> collect(BlockedTaskFinder& finder, std::vector<std::int32_t> pids, bool* whole = nullptr,
                                  std::chrono::milliseconds patience = kLong) {
    std::vector<std::int32_t> found;
    const bool all = finder.collect({.first = std::move(pids)}, Deadline::after(patience),
                                    [&](const seen::BlockedTask& task) { found.push_back(task.pid); });
    if (whole != nullptr) {
        *whole = all;
    }
    return found;
}

/// Asked until it takes the look up: the one before may have been over only a moment ago.
bool ask_patiently(BlockedTaskFinder& finder, const Look& look) {
    const auto deadline = Deadline::after(kLong);
    while (!finder.ask(look)) {
        if (deadline.passed()) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

std::vector<std::int32_t> take(BlockedTaskFinder& finder, std::size_t count) {
    std::vector<std::int32_t> found;
    const auto deadline = Deadline::after(kLong);
    while (found.size() < count && !deadline.passed()) {
        if (const auto task = finder.take()) {
            found.push_back(task->pid);
        }
    }
    return found;
}

using Pids = std::vector<std::int32_t>;

TEST(BlockedTaskFinder, LooksAsOftenAsItIsAsked) {
    SlowFinder slow;
    BlockedTaskFinder finder(slow.finder());
    for (int i = 1; i < 6; ++i) {
        bool whole = false;
        EXPECT_EQ(collect(finder, {i, i + 1}, &whole), (Pids{i, i + 1}));
        EXPECT_TRUE(whole);
    }
}

TEST(BlockedTaskFinder, IsAskedNowAndAnswersLater) {
    SlowFinder slow;
    BlockedTaskFinder finder(slow.finder());
    EXPECT_FALSE(finder.take());
    ASSERT_TRUE(ask_patiently(finder, {.first = {1, 2, 3}}));
    EXPECT_EQ(take(finder, 3), (Pids{1, 2, 3}));
    ASSERT_TRUE(ask_patiently(finder, {.first = {4}}));
    EXPECT_EQ(take(finder, 1), (Pids{4}));
    EXPECT_FALSE(finder.take());
}

TEST(BlockedTaskFinder, WhatWasFoundIsTakenBeforeTheNextLook) {
    SlowFinder slow;
    BlockedTaskFinder finder(slow.finder());
    ASSERT_TRUE(ask_patiently(finder, {.first = {1, 2}}));
    EXPECT_EQ(take(finder, 1), (Pids{1}));
    std::this_thread::sleep_for(kSoon);  // long enough for the look to be over
    EXPECT_FALSE(finder.ask({.first = {3}}));
    EXPECT_EQ(take(finder, 1), (Pids{2}));
    ASSERT_TRUE(ask_patiently(finder, {.first = {3}}));
    EXPECT_EQ(take(finder, 1), (Pids{3}));
}

TEST(BlockedTaskFinder, WhileALookIsStuckNoOtherIsBegun) {
    SlowFinder slow;
    BlockedTaskFinder finder(slow.finder());
    ASSERT_TRUE(ask_patiently(finder, {.first = {1, SlowFinder::kStuck, 2}}));
    EXPECT_EQ(take(finder, 1), (Pids{1}));
    EXPECT_FALSE(finder.ask({.first = {3}}));
    EXPECT_FALSE(finder.take());
    slow.release();
    EXPECT_EQ(take(finder, 2), (Pids{SlowFinder::kStuck, 2}));
    ASSERT_TRUE(ask_patiently(finder, {.first = {3}}));
    EXPECT_EQ(take(finder, 1), (Pids{3}));
}

TEST(BlockedTaskFinder, AStuckLookDoesNotKeepTheProofsOneBack) {
    SlowFinder slow;
    BlockedTaskFinder finder(slow.finder());
    ASSERT_TRUE(ask_patiently(finder, {.first = {1, SlowFinder::kStuck}}));
    bool whole = false;
    EXPECT_EQ(collect(finder, {5, 6}, &whole), (Pids{5, 6}));
    EXPECT_TRUE(whole);
}

TEST(BlockedTaskFinder, GivesUpWhatIsStuckInTheEnd) {
    SlowFinder slow;
    BlockedTaskFinder finder(slow.finder());
    bool whole = true;
    EXPECT_EQ(collect(finder, {1, SlowFinder::kStuck}, &whole, kSoon), (Pids{1}));
    EXPECT_FALSE(whole);
    EXPECT_EQ(collect(finder, {2, SlowFinder::kStuck}, &whole, kSoon), (Pids{2}));
    EXPECT_EQ(collect(finder, {3}, &whole, kSoon), Pids{});
    EXPECT_FALSE(whole);
}

}  // namespace
}  // namespace blkhang
