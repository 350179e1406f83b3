// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

#include <thread>

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using std::chrono::milliseconds;

TEST(Clock, MonotonicAdvancesInNanoseconds) {
    const std::uint64_t before = monotonic_ns();
    std::this_thread::sleep_for(milliseconds(5));
    EXPECT_GE(monotonic_ns() - before, 5'000'000U);
}

TEST(Clock, TimeOfBootIsNeverBehindTheMonotonicOne) {
    const std::uint64_t monotonic = monotonic_ns();
    EXPECT_GE(boottime_ns(), monotonic);
}

TEST(Deadline, PassesAndNeverGoesNegative) {
    const Deadline deadline = Deadline::after(milliseconds(5));
    EXPECT_FALSE(deadline.passed());
    std::this_thread::sleep_for(milliseconds(6));
    EXPECT_TRUE(deadline.passed());
    EXPECT_EQ(deadline.remaining(), milliseconds(0));
}

TEST(Deadline, NegativeSpanHasPassed) { EXPECT_TRUE(Deadline::after(milliseconds(-1)).passed()); }

TEST(Deadline, RemainingIsRoundedUp) {
    const Deadline deadline = Deadline::after(milliseconds(1000));
    EXPECT_LE(deadline.remaining(), milliseconds(1000));
    EXPECT_GT(deadline.remaining(), milliseconds(0));
}

}  // namespace
}  // namespace blkhang
