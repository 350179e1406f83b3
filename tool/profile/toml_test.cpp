// SPDX-License-Identifier: GPL-2.0-only
#include "profile/toml.h"

#include <gmock/gmock.h>

namespace blkhang {
namespace {

using testing::StartsWith;

TEST(ParseToml, GivesWhatTheTextSays) {
    const auto table = parse_toml("[a]\nb = 3\n", "x.toml");
    ASSERT_TRUE(table);
    EXPECT_EQ((*table)["a"]["b"].value<int>(), 3);
}

TEST(ParseToml, NamesFileLineAndColumn) {
    const auto table = parse_toml("a = 1\nb = \n", "x.toml");
    ASSERT_FALSE(table);
    EXPECT_THAT(table.error().message(), StartsWith("x.toml:2:5: not valid TOML: "));
    EXPECT_EQ(table.error().fault(), Fault::usage);
}

/// Found by trying all short texts of TOML's own characters: the library asserts that these never come.
TEST(ParseToml, WhatTheLibraryOnlyAssertsIsAnErrorInEveryBuild) {
    for (const char* const text : {"[.", "[,]", "[=", "[[#", "[ .a]"}) {
        const auto table = parse_toml(std::string("a = 1\nb = 2\n") + text + "\n[c]\nd = 4\n", "x.toml");
        ASSERT_FALSE(table) << text;
        EXPECT_THAT(table.error().message(), StartsWith("x.toml:3:")) << text;
        EXPECT_EQ(table.error().fault(), Fault::usage);
    }
    EXPECT_FALSE(parse_toml("[.", "x.toml")) << "with no end of line at all";
}

/// Half of every line that TOML knows.
TEST(ParseToml, WhatIsCutShortIsAnError) {
    const std::string whole =
        "[table.\"a b\".c]\ntext = \"\"\"x\\u00e9\"\"\"\nwhen = 1979-05-27T07:32:00Z\n"
        "[[list]]\nvalues = [1, 0x1f, {a = 'b'}]\n";
    ASSERT_TRUE(parse_toml(whole, "x.toml"));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto table = parse_toml(whole.substr(0, length), "x.toml");
        if (!table) {
            EXPECT_THAT(table.error().message(), StartsWith("x.toml:")) << length;
        }
    }
}

}  // namespace
}  // namespace blkhang
