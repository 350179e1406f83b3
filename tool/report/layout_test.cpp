// SPDX-License-Identifier: GPL-2.0-only
#include "report/layout.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Wrap, BreaksBetweenWords) {
    EXPECT_EQ(wrap("one two three four", 9), "one two\nthree\nfour\n");
    EXPECT_EQ(wrap("one two three", 13), "one two three\n");
}

TEST(Wrap, IndentsTheLinesAfterABullet) { EXPECT_EQ(wrap("one two three", 9, "- "), "- one two\n  three\n"); }

TEST(Wrap, ALongWordIsNotBroken) { EXPECT_EQ(wrap("a pcpu_alloc_mutex b", 6), "a\npcpu_alloc_mutex\nb\n"); }

TEST(Wrap, AnySpaceSeparates) {
    EXPECT_EQ(wrap("  one\ntwo  three ", 80), "one two three\n");
    EXPECT_EQ(wrap("", 80, "- "), "");
}

TEST(Table, AlignsItsColumns) {
    Table table({Table::Align::left, Table::Align::right, Table::Align::left});
    table.row({"id", "seen", "note"});
    table.row({"trials", "7", ""});
    EXPECT_EQ(table.text(2), "  id      seen  note\n  trials     7\n");
}

}  // namespace
}  // namespace blkhang
