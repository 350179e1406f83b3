// SPDX-License-Identifier: GPL-2.0-only
#include "base/sizes.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Size, ReadsBinaryUnitsAndPlainBytes) {
    EXPECT_EQ(parse_size("0").value(), 0U);
    EXPECT_EQ(parse_size("4096").value(), 4096U);
    EXPECT_EQ(parse_size("4KiB").value(), 4096U);
    EXPECT_EQ(parse_size("256MiB").value(), 256U << 20);
    EXPECT_EQ(parse_size("1GiB").value(), 1U << 30);
    EXPECT_EQ(parse_size("2TiB").value(), std::uint64_t{2} << 40);
}

TEST(Size, RejectsWhatIsNotOne) {
    for (const char* text : {"", "MiB", "-1", "+1", "1.5GiB", "4KB", "4kib", "4M", "4 KiB", "4KiBs", " 4"}) {
        const auto size = parse_size(text);
        ASSERT_FALSE(size) << text;
        EXPECT_EQ(size.error().fault(), Fault::usage);
        EXPECT_THAT(size.error().message(), HasSubstr("256MiB")) << text;
    }
}

TEST(Size, RejectsOverflow) {
    EXPECT_TRUE(parse_size("18446744073709551615"));
    EXPECT_THAT(parse_size("18446744073709551616").error().message(), HasSubstr("too large"));
    EXPECT_THAT(parse_size("16777216TiB").error().message(), HasSubstr("too large"));
}

TEST(Size, PrintsExactlyWhatReadsBack) {
    EXPECT_EQ(format_size(0), "0");
    EXPECT_EQ(format_size(1000), "1000");
    EXPECT_EQ(format_size(2U << 20), "2MiB");
    EXPECT_EQ(format_size(1536U << 20), "1536MiB");
    for (const std::uint64_t size :
         {std::uint64_t{1}, std::uint64_t{1023}, std::uint64_t{1} << 50, std::numeric_limits<std::uint64_t>::max()}) {
        EXPECT_EQ(parse_size(format_size(size)).value(), size);
    }
}

TEST(Duration, NeedsAUnit) {
    EXPECT_EQ(parse_duration("500ms").value(), milliseconds(500));
    EXPECT_EQ(parse_duration("60s").value(), milliseconds(60'000));
    EXPECT_EQ(parse_duration("2m").value(), milliseconds(120'000));
    EXPECT_EQ(parse_duration("1h").value(), milliseconds(3'600'000));
    EXPECT_THAT(parse_duration("60").error().message(), HasSubstr("the unit is missing"));
    EXPECT_THAT(parse_duration("60sec").error().message(), HasSubstr("unknown unit 'sec'"));
    EXPECT_FALSE(parse_duration("-5s"));
    EXPECT_FALSE(parse_duration("9999999999999h"));
}

TEST(Duration, PrintsTheLargestExactUnit) {
    EXPECT_EQ(format_duration(milliseconds(0)), "0s");
    EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
    EXPECT_EQ(format_duration(milliseconds(120'000)), "2m");
    EXPECT_EQ(format_duration(milliseconds(1'500)), "1500ms");
}

}  // namespace
}  // namespace blkhang
