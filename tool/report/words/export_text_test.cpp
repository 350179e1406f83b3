// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/export_text.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(OneLine, WhiteSpaceIsOneSpace) {
    EXPECT_EQ(one_line("  a\r\n\t b  c \n"), "a b c");
    EXPECT_EQ(one_line(" \n"), "");
    EXPECT_EQ(one_line("a\x1b[2J\u202e\xff"), "a\uFFFD[2J\uFFFD\uFFFD");
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
