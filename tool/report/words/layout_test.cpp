// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/layout.h"

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

TEST(Wrap, NothingIsObeyed) { EXPECT_EQ(wrap("a\033[2J\u202eb", 80), "a\uFFFD[2J\uFFFDb\n"); }

TEST(Wrap, CountsWhatIsSeen) {
    EXPECT_EQ(wrap("\xc3\xbc\xc3\xbc \xc3\xbc\xc3\xbc", 5), "\xc3\xbc\xc3\xbc \xc3\xbc\xc3\xbc\n");
}

TEST(Fitted, LeavesWhatFits) {
    EXPECT_EQ(fitted("one  two\n\n  three\n", 8), "one  two\n\n  three\n");
    EXPECT_EQ(fitted("no newline", 10), "no newline");
    EXPECT_EQ(fitted("", 10), "");
}

TEST(Fitted, GoesOnBelowTheFirstWord) {
    EXPECT_EQ(fitted("  one two three\n", 9), "  one two\n  three\n");
    EXPECT_EQ(fitted("  - one two three\n", 11), "  - one two\n    three\n");
    EXPECT_EQ(fitted("HANG  kvm-2011 on 6.1\n", 16), "HANG  kvm-2011\non 6.1\n");
}

TEST(Fitted, CutsAWordThatIsLongerByItself) {
    EXPECT_EQ(fitted("  a 0123456789 b\n", 8), "  a\n  012345\n  6789 b\n");
    EXPECT_EQ(fitted("\xe6\xbc\xa2\xe5\xad\x97", 3), "\xe6\xbc\xa2\n\xe5\xad\x97") << "but never a character";
    EXPECT_EQ(fitted("\xe6\xbc\xa2\xe5\xad\x97", 1), "\xe6\xbc\xa2\n\xe5\xad\x97");
}

TEST(Fitted, ACommandStillWorks) {
    EXPECT_EQ(fitted("  $ blkhang report /a/long/directory --format mail\n", 24),
              "  $ blkhang report \\\n    /a/long/directory \\\n    --format mail\n");
    EXPECT_EQ(fitted("  $ blkhang report /0123456789 -o x\n", 12),
              "  $ blkhang \\\n    report \\\n    /0123456789 \\\n    -o x\n")
        << "no word of it is cut";
    EXPECT_EQ(fitted("$ /0123456789", 8), "$ /0123456789");
    EXPECT_EQ(fitted("$ tail '/a  b c/d' -n 3\n", 14), "$ tail \\\n  '/a  b c/d' \\\n  -n 3\n") << "blanks in quotes";
    EXPECT_EQ(fitted("$ a 'it'\\''s  c' d\n", 10), "$ a \\\n  'it'\\''s  c' \\\n  d\n") << "quoted quotes";
}

TEST(Fitted, ColoursTakeNoColumns) {
    EXPECT_EQ(fitted("\033[1mone two\033[0m three\n", 13), "\033[1mone two\033[0m three\n");
    EXPECT_EQ(fitted("\033[1mone two\033[0m three\n", 12), "\033[1mone two\033[0m\nthree\n");
}

TEST(Table, AlignsItsColumns) {
    Table table({Table::Align::left, Table::Align::right, Table::Align::left});
    table.row({"id", "seen", "note"});
    table.row({"trials", "7", ""});
    EXPECT_EQ(table.text(2), "  id      seen  note\n  trials     7\n");
}

TEST(Table, CutsWhatMayBeCutUntilItFits) {
    Table table({Table::Align::cut, Table::Align::right, Table::Align::left});
    table.row({"blkhang-percpu[83]", "7", "note"});
    table.row({"\xc3\xbc", "12", ""});
    EXPECT_EQ(table.text(2, 80), "  blkhang-percpu[83]   7  note\n  \xc3\xbc                   12\n");
    EXPECT_EQ(table.text(2, 24), "  blkha..u[83]   7  note\n  \xc3\xbc             12\n");
    EXPECT_EQ(table.text(2, 5), "  blk..83]   7  note\n  \xc3\xbc         12\n") << "not below what tells apart";
}

TEST(Table, TheLastColumnThatMayBeCutGivesWayFirst) {
    Table table({Table::Align::cut, Table::Align::cut});
    table.row({"0123456789", "0123456789"});
    EXPECT_EQ(table.text(0, 20), "0123456789  012..789\n");
    EXPECT_EQ(table.text(0, 19), "0123..789  012..789\n");
}

TEST(Table, ACellIsOneLine) {
    Table table({Table::Align::left});
    table.row({"a\nb\033[2J"});
    EXPECT_EQ(table.text(0), "a b\xef\xbf\xbd[2J\n");
}

}  // namespace
}  // namespace blkhang
