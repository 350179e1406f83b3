// SPDX-License-Identifier: GPL-2.0-only
#include "watch/own_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace blkhang {
namespace {

/// Of a child that does this.
OwnProcess child_that(void (*does)()) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        does();
        ::_exit(0);
    }
    return OwnProcess(pid);
}

TEST(OwnProcess, HasEndedOnceItHas) {
    auto child = child_that([] {});
    EXPECT_TRUE(child.wait(Deadline::after(std::chrono::seconds(10))));
    EXPECT_TRUE(child.ended());
}

TEST(OwnProcess, IsWaitedForNoLongerThanTold) {
    auto child = child_that([] { ::pause(); });
    EXPECT_FALSE(child.wait(Deadline::after(std::chrono::milliseconds(30))));
    EXPECT_FALSE(child.ended());
    child.kill();
    EXPECT_TRUE(child.wait(Deadline::after(std::chrono::seconds(10))));
}

TEST(OwnProcess, OneThatCouldNotBeForkedHasEnded) {
    OwnProcess none(-1);
    EXPECT_TRUE(none.ended());
    none.kill();  // and nobody is
}

TEST(OwnProcess, WhyItDoesNotBeginArrives) {
    const auto error = decode_error(encode(Error(Fault::unsupported, "it is taken").within("--watchdog")));
    EXPECT_EQ(error.fault(), Fault::unsupported);
    EXPECT_EQ(error.message(), "--watchdog: it is taken");
}

}  // namespace
}  // namespace blkhang
