// SPDX-License-Identifier: GPL-2.0-only
#include "base/text_width.h"

#include <gtest/gtest.h>

#include "base/printable.h"

namespace blkhang {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
    EXPECT_EQ(display_width(""), 0u);
    EXPECT_EQ(display_width("pcpu_alloc"), 10u);
    EXPECT_EQ(display_width("\xc3\xbc\xe2\x82\xac"), 2u) << "an umlaut and the euro sign";
    EXPECT_EQ(display_width("\xe6\xbc\xa2\xe5\xad\x97"), 4u) << "two ideographs";
    EXPECT_EQ(display_width("\033[1;31mHANG\033[0m"), 4u);
    EXPECT_EQ(display_width("\033[1"), 0u) << "a sequence that never ends";
}

TEST(DisplayWidth, DamagedUtf8HasSomeWidthAndDoesNotEndTheWorld) {
    EXPECT_GE(display_width("\xff\xff"), 1u);
    EXPECT_EQ(display_width("\x80"), 1u);
}

TEST(HeadColumns, IsWhatFits) {
    EXPECT_EQ(head_columns("pcpu_alloc", 4), "pcpu");
    EXPECT_EQ(head_columns("pcpu_alloc", 80), "pcpu_alloc");
    EXPECT_EQ(head_columns("\xe6\xbc\xa2\xe5\xad\x97", 3), "\xe6\xbc\xa2") << "never half a character";
    EXPECT_EQ(head_columns("", 3), "");
}

TEST(CutMiddle, KeepsBothEnds) {
    EXPECT_EQ(cut_middle("blkhang-trigger[79]", 19), "blkhang-trigger[79]");
    EXPECT_EQ(cut_middle("blkhang-trigger[79]", 13), "blkhan..r[79]");
    EXPECT_EQ(cut_middle("abcdef", 2), "..");
    EXPECT_EQ(cut_middle("abcdef", 0), "");
    EXPECT_EQ(cut_middle("", 0), "");
}

TEST(CutMiddle, NeverCutsACharacter) {
    const std::string ideographs = "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97";
    for (std::size_t columns = 3; columns < 8; ++columns) {
        const auto cut = cut_middle(ideographs, columns);
        EXPECT_LE(display_width(cut), columns);
        EXPECT_EQ(printable(cut), cut) << columns;
    }
}

}  // namespace
}  // namespace blkhang
