// SPDX-License-Identifier: GPL-2.0-only
#include "load/shared.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace blkhang {
namespace {

TEST(SharedCounters, AnotherProcessWaitsForGoAndItsCountIsSeenHere) {
    auto counters = SharedCounters::make();
    ASSERT_TRUE(counters);
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
        (*counters)->writers++;
        wait_for_go(**counters);
        (*counters)->writer_ios += 7;
        ::_exit(0);
    }
    while ((*counters)->writers == 0) {
        ::usleep(1000);
    }
    EXPECT_EQ((*counters)->writer_ios, 0U) << "nothing happens before the go";
    give_go(**counters);
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
    EXPECT_EQ((*counters)->writer_ios, 7U);
}

TEST(WaitForGo, ReturnsAtOnceWhenItWasGiven) {
    auto counters = SharedCounters::make();
    ASSERT_TRUE(counters);
    give_go(**counters);
    wait_for_go(**counters);
}

}  // namespace
}  // namespace blkhang
