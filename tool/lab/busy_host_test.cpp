// SPDX-License-Identifier: GPL-2.0-only
#include "lab/busy_host.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using std::chrono_literals::operator""s;

TEST(BusyHost, ALimitGrowsWithTheLoadBeyondTheCpusAndNotForEver) {
    EXPECT_EQ(on_busy_host(60s, 0, 2), 60s);
    EXPECT_EQ(on_busy_host(60s, 2, 2), 60s);
    EXPECT_EQ(on_busy_host(60s, 5, 2), 150s);
    EXPECT_EQ(on_busy_host(60s, 30, 2), 240s);
    EXPECT_EQ(on_busy_host(60s, 3, 0), 180s) << "a number of CPUs that is not known";
}

}  // namespace
}  // namespace blkhang
