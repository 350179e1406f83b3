// SPDX-License-Identifier: GPL-2.0-only
#include "profile/toml_keys.h"

#include <gmock/gmock.h>

#include <string>

namespace blkhang {
namespace {

using testing::Eq;
using testing::Optional;

TEST(TomlKeys, FindsTheLineOfADeepKey) {
    EXPECT_THAT(line_of_deep_key("a = 1\n\nb.c.d = 2\n", 3), Eq(std::nullopt));
    EXPECT_THAT(line_of_deep_key("a = 1\n\nb.c.d.e = 2\n", 3), Optional(3));
    EXPECT_THAT(line_of_deep_key("[a.b.c.d]\n", 3), Optional(1));
    EXPECT_THAT(line_of_deep_key("x = { \"a\" . 'b' .c. d = 1 }\n", 3), Optional(1));
}

TEST(TomlKeys, PointsElsewhereAreNoKeys) {
    EXPECT_THAT(line_of_deep_key("a = \"1.2.3.4.5\" # 1.2.3.4.5\nb = '1.2.3.4.5'\n", 3), Eq(std::nullopt));
    EXPECT_THAT(line_of_deep_key("a = \"\"\"\n.....\n\\\"\"\"\" # x\nb = '''.....\n'''\n", 3), Eq(std::nullopt));
    EXPECT_THAT(line_of_deep_key("a = [1.5, 2.5, 3.5, 4.5]\nb = 1.5\nc = 2.5\n", 3), Eq(std::nullopt));
}

TEST(TomlKeys, LettersBeyondAsciiStandInStringsAndComments) {
    EXPECT_THAT(line_of_letter_outside_strings("\xef\xbb\xbf"
                                               "a = '\u00e9' # \u00e9\nb = \"\u00e9\"\n"),
                Eq(std::nullopt));
    EXPECT_THAT(line_of_letter_outside_strings("a = 1\nb\u00e9 = 1\n"), Optional(2));
    EXPECT_THAT(line_of_letter_outside_strings("a = 1\n\n\u00a0b = 1\n"), Optional(3));
}

TEST(TomlKeys, WhatIsNoTomlIsNoTrap) {
    EXPECT_THAT(line_of_deep_key("\"", 3), Eq(std::nullopt));
    EXPECT_THAT(line_of_deep_key("a = \"...\nb.c.d.e = 1", 3), Optional(2));
    EXPECT_THAT(line_of_deep_key(std::string(1'000'000, '.'), 3), Optional(1));
}

}  // namespace
}  // namespace blkhang
