// SPDX-License-Identifier: GPL-2.0-only
#include "run/guest_tally.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(GuestTally, CountsFromTheBeginOfTheLoad) {
    GuestTally tally(2, 4096);
    tally.counted(0, 1'000'000);
    tally.counted(1, 2'000'000);
    tally.told(0, 240, false);
    EXPECT_EQ(tally.sum().write, 0U) << "what they wrote before does not count";
    tally.counted(0, 1'000'000 + 4 * 4096);
    tally.counted(1, 2'000'000 + 3 * 4096);
    tally.told(0, 243, false);
    const auto sum = tally.sum();
    EXPECT_EQ(sum.write, 1U) << "of the other it was too little";
    EXPECT_EQ(sum.bytes, 7U * 4096);
    EXPECT_EQ(sum.least, 3U * 4096);
    EXPECT_EQ(sum.bytes_told, 3U * 4096);
}

TEST(GuestTally, OneThatIsGoneWritesNoMoreAndIsToldOnce) {
    GuestTally tally(1, 4096);
    tally.counted(0, 0);
    tally.counted(0, 1 << 20);
    EXPECT_EQ(tally.sum().write, 1U);
    EXPECT_TRUE(tally.told(0, 256, true));
    EXPECT_FALSE(tally.told(0, 256, true));
    EXPECT_EQ(tally.sum().write, 0U);
    EXPECT_EQ(tally.sum().have_written, 1U);
    EXPECT_EQ(tally.sum().ended, 1U);
}

TEST(GuestTally, OfNoneThereIsNothing) { EXPECT_EQ(GuestTally(0, 4096).sum().least, 0U); }

}  // namespace
}  // namespace blkhang
