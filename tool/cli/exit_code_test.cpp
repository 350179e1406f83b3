// SPDX-License-Identifier: GPL-2.0-only
#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <array>

#include "record/tally.h"
#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

struct Row {
    ExitCode code;
    int plain, bisect, kselftest, autotools;
};

TEST(ExitCode, EveryStyleFollowsItsOwnRules) {
    constexpr std::array<Row, 6> kTable{{
        {ExitCode::ok, 0, 0, 0, 0},
        {ExitCode::bad_kernel, 1, 1, 1, 1},
        {ExitCode::usage, 2, 128, 5, 99},
        {ExitCode::inconclusive, 3, 125, 4, 77},
        {ExitCode::unsupported, 4, 125, 4, 77},
        {ExitCode::broken, 5, 128, 5, 99},
    }};
    for (const Row& row : kTable) {
        SCOPED_TRACE(static_cast<int>(row.code));
        EXPECT_EQ(exit_status(row.code, ExitStyle::plain), row.plain);
        EXPECT_EQ(exit_status(row.code, ExitStyle::bisect), row.bisect);
        EXPECT_EQ(exit_status(row.code, ExitStyle::kselftest), row.kselftest);
        EXPECT_EQ(exit_status(row.code, ExitStyle::autotools), row.autotools);
    }
}

TEST(ExitCode, OfVerdicts) {
    EXPECT_EQ(exit_code(Verdict::clean), ExitCode::ok);
    EXPECT_EQ(exit_code(Verdict::hang), ExitCode::bad_kernel);
    EXPECT_EQ(exit_code(Verdict::hazard), ExitCode::bad_kernel);
    EXPECT_EQ(exit_code(Verdict::inconclusive), ExitCode::inconclusive);
    EXPECT_EQ(exit_code(Verdict::unsupported), ExitCode::unsupported);
    EXPECT_EQ(exit_code(Verdict::error), ExitCode::broken);
}

TEST(ExitCode, ABrokenRunStopsABisectionOnlyIfNoOtherFailed) {
    const auto status = [](std::uint32_t failed, std::uint32_t passed) {
        Matrix matrix = build::runs(build::kStock, failed, passed);
        build::add(matrix, build::cell(build::kStock, Verdict::error));
        return exit_status(exit_code(overall(tally(matrix))), ExitStyle::bisect);
    };
    EXPECT_EQ(status(4, 0), 1);
    EXPECT_EQ(status(1, 3), 1);
    EXPECT_EQ(status(0, 4), 128);
    EXPECT_EQ(status(0, 0), 128);
}

TEST(ExitCode, OfFaults) {
    EXPECT_EQ(exit_code(Fault::usage), ExitCode::usage);
    EXPECT_EQ(exit_code(Fault::unsupported), ExitCode::unsupported);
    EXPECT_EQ(exit_code(Fault::broken), ExitCode::broken);
}

TEST(ExitCode, StylesByName) {
    EXPECT_EQ(exit_style_from("plain"), ExitStyle::plain);
    EXPECT_EQ(exit_style_from("bisect"), ExitStyle::bisect);
    EXPECT_EQ(exit_style_from("kselftest"), ExitStyle::kselftest);
    EXPECT_EQ(exit_style_from("autotools"), ExitStyle::autotools);
    EXPECT_EQ(exit_style_from("Bisect"), std::nullopt);
    EXPECT_EQ(exit_style_from(""), std::nullopt);
}

}  // namespace
}  // namespace blkhang
