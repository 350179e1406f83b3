// SPDX-License-Identifier: GPL-2.0-only
#include "klog/plain_line.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

std::string plain(std::string_view line) {
    std::string room;
    return std::string(plain_line(line, room));
}

TEST(PlainLine, ASimpleLineStaysWhereItIs) {
    const std::string_view line = "[    1.000000] sd 0:0:0:0: [sda] &q->x#12 ok";
    std::string room;
    EXPECT_EQ(plain_line(line, room).data(), line.data());
}

TEST(PlainLine, WhatTerminalsObeyGoes) {
    EXPECT_EQ(plain("\x1b[0m\x1b[1;31mred\x1b[m text\x1b]0;title\x07 goes on\x1b(B"), "red text goes on");
    EXPECT_EQ(plain("^[[33mseen\x01 "), "seen ");
    EXPECT_EQ(plain("[0;1;31mcopied"), "copied");
    EXPECT_EQ(plain("cut\x1b["), "cut");
    EXPECT_EQ(plain("cut\x1b"), "cut");
}

TEST(PlainLine, CarriageReturnsAreLineBreaks) {
    EXPECT_EQ(plain("one\r\r\n"), "one");
    EXPECT_EQ(plain("one\rtwo\r"), "one\ntwo");
}

TEST(PlainLine, OnlyWholeEscapesAreUndone) {
    EXPECT_EQ(plain(R"(a\x0ab\x5cc)"), "a\nb\\c");
    EXPECT_EQ(plain(R"(\x \x5 \xzz)"), R"(\x \x5 \xzz)");
    EXPECT_EQ(plain("one#012two#011three#033[0m #12 #0 #099"), "one\ntwo\tthree #12 #0 #099");
}

TEST(PlainLine, EntitiesOfPagesAreWhatTheyStandFor) {
    EXPECT_EQ(plain("-&gt; #1 (&amp;q-&gt;lock){+.+.}: &lt;TASK&gt;"), "-> #1 (&q->lock){+.+.}: <TASK>");
    EXPECT_EQ(plain("(&amp;x)"), "(&amp;x)") << "nothing else says that it is of a page";
}

TEST(PlainLine, TheMessageOfContainersAndJournals) {
    EXPECT_EQ(plain(R"({"log":"[ 1.0] a \"b\" \u003cTASK\u003e\n","stream":"stdout"})"), "[ 1.0] a \"b\" <TASK>\n");
    EXPECT_EQ(plain(R"({"SYSLOG_IDENTIFIER":"kernel","MESSAGE" : "Call Trace:"})"), "Call Trace:");
    EXPECT_EQ(plain(R"({"SYSLOG_IDENTIFIER":"sshd","MESSAGE":"Call Trace:"})"), "");
    EXPECT_EQ(plain(R"({"other":1})"), R"({"other":1})");
    EXPECT_EQ(plain(R"({"log":"cut\)"), "cut\\");
}

}  // namespace
}  // namespace blkhang
