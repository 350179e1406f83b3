// SPDX-License-Identifier: GPL-2.0-only
#include "report/export_text.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

using namespace std::string_literals;

TEST(Clean, KeepsWhatIsAllowed) {
    EXPECT_EQ(clean("tab\t<&>\"é €\U0001F600\n"), "tab\t<&>\"é €\U0001F600\n");
    EXPECT_EQ(clean("\uFFFD \uFFFC"), "\uFFFD \uFFFC");  // neighbours of what is forbidden
}

TEST(Clean, EveryKindOfLineEndIsANewline) { EXPECT_EQ(clean("a\r\nb\rc\nd\r"), "a\nb\nc\nd\n"); }

TEST(Clean, ReplacesWhatXmlForbids) {
    EXPECT_EQ(clean("a\0b\x1b[0m\x7f"s), "a\uFFFDb\uFFFD[0m\uFFFD");
    EXPECT_EQ(clean("\xEF\xBF\xBE \xEF\xBF\xBF"), "\uFFFD \uFFFD");
}

TEST(Clean, ReplacesWhatIsNotUtf8) {
    EXPECT_EQ(clean("\xff"), "\uFFFD");
    EXPECT_EQ(clean("a\xc3"), "a\uFFFD");  // cut in the middle of a character
    const std::string surrogate = clean("\xED\xA0\x80.");
    EXPECT_EQ(surrogate.find("\xED\xA0"), std::string::npos);
    EXPECT_TRUE(surrogate.ends_with("."));
}

TEST(OneLine, WhiteSpaceIsOneSpace) {
    EXPECT_EQ(one_line("  a\r\n\t b  c \n"), "a b c");
    EXPECT_EQ(one_line(" \n"), "");
}

TEST(Head, CutsBetweenCharacters) {
    EXPECT_EQ(head("abc", 3), "abc");
    EXPECT_EQ(head("abé", 3), "ab");
    EXPECT_EQ(head("é", 1), "");
}

TEST(Tail, BeginsWithALineWhereItCan) {
    EXPECT_EQ(tail("one\ntwo\n", 100), "one\ntwo\n");
    EXPECT_EQ(tail("one\ntwo\n", 4), "two\n");
    EXPECT_EQ(tail("one\ntwo\n", 6), "two\n");
    EXPECT_EQ(tail("one long line\n", 6), " line\n");
    EXPECT_EQ(tail("ééé", 3), "é");
}

}  // namespace
}  // namespace blkhang
