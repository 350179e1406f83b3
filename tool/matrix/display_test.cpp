// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(MatrixState, AFewThatRunAreListedAndOfManyTheNumberIsShown) {
    std::vector<Cell> cells(20);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i].id = std::to_string(i);
        cells[i].subject = {"deb:6.1", "kvm-2011", ""};
    }
    MatrixState state(cells);
    state.started(cells[0], kNsPerS);
    EXPECT_THAT(state.table(61 * kNsPerS).at(1), HasSubstr("running 60 s, waiting 19"));
    for (std::size_t i = 1; i < cells.size(); ++i) {
        state.started(cells[i], 2 * kNsPerS);
    }
    EXPECT_THAT(state.table(61 * kNsPerS).at(1), HasSubstr("20 running, for 60 s at most"));
}

}  // namespace
}  // namespace blkhang
