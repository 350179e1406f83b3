// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/matrix_grid.h"

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

}  // namespace
}  // namespace blkhang
