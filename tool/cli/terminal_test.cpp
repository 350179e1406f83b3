// SPDX-License-Identifier: GPL-2.0-only
#include "cli/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Terminal, ItsWidthCountsThenTheEnvironment) {
    EXPECT_EQ(report_columns(132, "90"), 132u);
    EXPECT_EQ(report_columns(0, "90"), 90u);
    EXPECT_EQ(report_columns(0, nullptr), 80u);
}

TEST(Terminal, WidthsOutsideTheBoundsAreTheBounds) {
    EXPECT_EQ(report_columns(20, nullptr), 60u);
    EXPECT_EQ(report_columns(400, nullptr), 160u);
    EXPECT_EQ(report_columns(0, "18446744073709551615"), 160u);
}

TEST(Terminal, NonsenseInTheEnvironmentIsPassedOver) {
    for (const char* nonsense : {"", "wide", "90x", "-90", "0", "99999999999999999999999"}) {
        EXPECT_EQ(report_columns(0, nonsense), 80u) << nonsense;
    }
}

TEST(Terminal, ColumnsThatAreAskedForAreGivenOrRefused) {
    EXPECT_EQ(parse_columns("60").value(), 60u);
    EXPECT_EQ(parse_columns("160").value(), 160u);
    for (const char* nonsense : {"59", "161", "", "wide", "80 ", "-80"}) {
        const auto refused = parse_columns(nonsense);
        ASSERT_FALSE(refused) << nonsense;
        EXPECT_EQ(refused.error().fault(), Fault::usage);
        EXPECT_THAT(refused.error().message(), testing::HasSubstr("60 to 160"));
    }
}

}  // namespace
}  // namespace blkhang
