// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/statistics.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

double fisher(std::uint32_t failed_before, std::uint32_t passed_before, std::uint32_t failed_after,
              std::uint32_t passed_after) {
    return fisher_exact(failure_rate(failed_before, passed_before), failure_rate(failed_after, passed_after));
}

TEST(FisherExact, AgreesWithKnownValues) {
    EXPECT_NEAR(fisher(10, 0, 0, 10), 1.0825e-5, 1e-9);  // 2 / C(20,10)
    EXPECT_NEAR(fisher(3, 1, 1, 3), 0.4857, 5e-5);       // the lady tasting tea
    EXPECT_NEAR(fisher(1, 9, 11, 3), 0.002759, 5e-7);
    EXPECT_NEAR(fisher(4, 0, 0, 4), 2.0 / 70, 1e-9);
    EXPECT_NEAR(fisher(3, 0, 0, 3), 0.1, 1e-9);
}

TEST(FisherExact, IsTheSameFromBothSides) { EXPECT_NEAR(fisher(7, 3, 1, 4), fisher(1, 4, 7, 3), 1e-12); }

TEST(FisherExact, WithoutAChoiceOfOutcomesIsCertain) {
    EXPECT_EQ(fisher(0, 10, 0, 10), 1);
    EXPECT_EQ(fisher(10, 0, 10, 0), 1);
    EXPECT_EQ(fisher(0, 0, 10, 0), 1);
    EXPECT_EQ(fisher(1, 0, 0, 1), 1);
}

TEST(FisherExact, ManyRunsTakeNoLongerThanTheyAre) {
    EXPECT_NEAR(fisher(500'000, 500'000, 500'000, 500'000), 1, 1e-6);
    EXPECT_LT(fisher(500'000, 500'000, 499'000, 501'000), 0.2);
    EXPECT_NEAR(fisher(100'000, 0, 0, 100'000), 0, 1e-300) << "too unlikely for a number";
}

TEST(RunsNeeded, IsTheFirstNumberThatWouldShowTheDifference) {
    EXPECT_EQ(runs_needed(failure_rate(1, 0), failure_rate(0, 1)), 4U);
    const auto some = runs_needed(failure_rate(3, 7), failure_rate(0, 10));
    ASSERT_TRUE(some);
    EXPECT_GT(*some, 10U);
    EXPECT_LT(*some, 25U);
}

TEST(RunsNeeded, IsNothingWhereNoNumberWouldDo) {
    EXPECT_FALSE(runs_needed(failure_rate(5, 5), failure_rate(5, 5)));
    EXPECT_FALSE(runs_needed(failure_rate(0, 0), failure_rate(0, 5)));
    EXPECT_FALSE(runs_needed(failure_rate(51, 49), failure_rate(50, 50)));
}

}  // namespace
}  // namespace blkhang
