// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/measurements.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(MeasurementsTable, KernelsInOrderOfVersionVerdictsWorstFirst) {
    EXPECT_EQ(render_measurements({{"6.12.117-1", "elv-bfq", {{Verdict::hang, 20}}},
                                   {"6.1.192-2", "elv-bfq", {{Verdict::hazard, 1}, {Verdict::hang, 19}}},
                                   {"5.10.262-1", "pressure-only", {{Verdict::clean, 10}}}}),
              "               5.10.262  6.1.192   6.12.117\n"
              "elv-bfq        -         19 hang   20 hang\n"
              "                         1 hazard\n"
              "pressure-only  10 clean  -         -\n"
              "Debian's kernels 5.10.262-1, 6.1.192-2, 6.12.117-1.\n");
}

TEST(MeasurementsTable, RunsOfTheSameAddUp) {
    EXPECT_EQ(render_measurements({{"6.1.192-2", "p", {{Verdict::hang, 1}}}, {"6.1.192-2", "p", {{Verdict::hang, 2}}}}),
              "   6.1.192\n"
              "p  3 hang\n"
              "Debian's kernels 6.1.192-2.\n");
}

}  // namespace
}  // namespace blkhang
