// SPDX-License-Identifier: GPL-2.0-only
#include "run/meter.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(ParseNumber, TakesWhatAModuleParameterHolds) {
    EXPECT_EQ(parse_number("409600\n"), 409600U);
    EXPECT_FALSE(parse_number(""));
    EXPECT_FALSE(parse_number("(null)\n"));
}

TEST(VmstatValue, FindsTheLineOfThatKeyOnly) {
    constexpr std::string_view kText = "nr_free_pages 4711\nnr_free_cma 0\npswpin 3\npswpout 12\npswpout_zero 5";
    EXPECT_EQ(vmstat_value(kText, "nr_free_pages"), 4711U);
    EXPECT_EQ(vmstat_value(kText, "pswpout"), 12U);
    EXPECT_EQ(vmstat_value(kText, "pswpout_zero"), 5U);
    EXPECT_FALSE(vmstat_value(kText, "pswp"));
    EXPECT_FALSE(vmstat_value("", "pswpout"));
}

}  // namespace
}  // namespace blkhang
