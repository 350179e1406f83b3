// SPDX-License-Identifier: GPL-2.0-only
#include "watch/percpu_waiters.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class PercpuWaiters : public testing::Test {
protected:
    void make(const std::string& pid, char state, const std::string& function) const {
        fs::create_directories(proc_.path() / pid);
        ASSERT_TRUE(write_file(proc_.path() / pid / "stat",
                               pid + " (task) " + state + " 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0\n"));
        ASSERT_TRUE(write_file(proc_.path() / pid / "stack", "[<0>] " + function + "+0x10/0x90\n"));
    }
    TempDir proc_ = TempDir::make("waiters").value();
};

TEST_F(PercpuWaiters, OneThatStillWaitsIsFound) {
    make("5", 'D', "pcpu_alloc");
    make("6", 'D', "io_schedule");
    int slept = 0;
    const auto found = lasting_percpu_waiter(proc_.path(), std::chrono::seconds(1), [&](auto) { ++slept; });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->pid, 5);
    EXPECT_EQ(slept, 1);
}

TEST_F(PercpuWaiters, OneThatGoesOnIsContention) {
    make("5", 'D', "pcpu_alloc");
    EXPECT_FALSE(
        lasting_percpu_waiter(proc_.path(), std::chrono::seconds(1), [&](auto) { make("5", 'S', "do_sys_poll"); }));
}

TEST_F(PercpuWaiters, WhereNobodyWaitsNoTimeIsSpent) {
    make("6", 'D', "io_schedule");
    EXPECT_FALSE(lasting_percpu_waiter(proc_.path(), std::chrono::seconds(1), [](auto) { FAIL(); }));
}

TEST_F(PercpuWaiters, TasksAreCounted) {
    ASSERT_TRUE(write_file(proc_.path() / "loadavg", "0.10 0.20 0.30 3/12345 999\n"));
    EXPECT_EQ(count_tasks(proc_.path()), 12345U);
    EXPECT_EQ(count_tasks("/nonexistent"), 0U);
}

}  // namespace
}  // namespace blkhang
