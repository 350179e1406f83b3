// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/matrix_grid.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;

Tally tally_of(const char* kernel, const char* profile, const char* release, const char* plant = "",
               bool calibration = false) {
    Tally tally;
    tally.subject = {kernel, profile, plant};
    tally.release = release;
    tally.calibration = calibration;
    return tally;
}

TEST(MatrixGrid, KernelsAndColumnsStandOnceInTheOrderOfTheTallies) {
    const std::vector<Tally> tallies{tally_of("deb:7.2", "b", "7.2-1"), tally_of("deb:6.1", "a", ""),
                                     tally_of("deb:7.2", "a", "7.2-1"),
                                     tally_of("deb:6.1", "b", "", "sync-alloc", true)};
    const MatrixGrid grid(tallies);
    EXPECT_THAT(grid.kernels(), ElementsAre("deb:7.2", "deb:6.1"));
    EXPECT_THAT(grid.columns(), ElementsAre("b", "a", "b/sync-alloc*"));
    EXPECT_THAT(grid.releases(), ElementsAre("deb:7.2: 7.2-1", "deb:6.1"));
    EXPECT_EQ(grid.at("deb:7.2", "a"), &tallies[2]);
    EXPECT_EQ(grid.at("deb:6.1", "b/sync-alloc*"), &tallies[3]);
    EXPECT_EQ(grid.at("deb:6.1", "b"), nullptr);
}

TEST(MatrixGrid, OneThatWouldBeNearlyEmptyIsAList) {
    const auto diagonal = [](std::size_t size) {
        std::vector<Tally> tallies;
        for (std::size_t i = 0; i < size; ++i) {
            tallies.push_back(tally_of(fmt::format("deb:{}", i).c_str(), fmt::format("p{}", i).c_str(), ""));
        }
        return tallies;
    };
    const auto small = diagonal(316);  // 316 * 316 < 100,000
    EXPECT_EQ(MatrixGrid(small).columns().size(), 316U);
    auto large = diagonal(317);
    large.push_back(tally_of("deb:0", "p0", "", "sync-alloc", true));
    const MatrixGrid list(large);
    EXPECT_THAT(list.columns(), ElementsAre("all runs"));
    ASSERT_EQ(list.kernels().size(), large.size());
    EXPECT_EQ(list.kernels().front(), "deb:0 p0");
    EXPECT_EQ(list.kernels().back(), "deb:0 p0 with sync-alloc planted*");
    EXPECT_EQ(list.at("deb:316 p316", "all runs"), &large[316]);
    EXPECT_EQ(list.at(list.kernels().back(), "all runs"), &large.back());
    EXPECT_EQ(list.releases().size(), 317U);
}

}  // namespace
}  // namespace blkhang
