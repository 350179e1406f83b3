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

TEST(LimitBeingWritten, IsKnownWhileItIs) {
    auto counters = SharedCounters::make();
    ASSERT_TRUE(counters);
    auto& writer = (*counters)->limit_writers[1];
    writer.pid = 7;
    writer.throttle = 3;
    EXPECT_FALSE(limit_being_written(**counters, 7));
    ++writer.write;
    const auto first = limit_being_written(**counters, 7);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->throttle, 3U);
    EXPECT_FALSE(limit_being_written(**counters, 8));
    ++writer.write;
    EXPECT_FALSE(limit_being_written(**counters, 7));
    ++writer.write;
    EXPECT_NE(limit_being_written(**counters, 7)->number, first->number);
}

TEST(WaitForGo, ReturnsAtOnceWhenItWasGiven) {
    auto counters = SharedCounters::make();
    ASSERT_TRUE(counters);
    give_go(**counters);
    wait_for_go(**counters);
}

}  // namespace
}  // namespace blkhang
