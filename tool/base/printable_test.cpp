// SPDX-License-Identifier: GPL-2.0-only
#include "base/printable.h"

#include <gtest/gtest.h>
#include <utf8cpp/utf8.h>

#include <iterator>

namespace blkhang {
namespace {

using namespace std::string_literals;

std::string character(char32_t code) {
    std::string utf8;
    utf8::append(code, std::back_inserter(utf8));
    return utf8;
}

TEST(Printable, KeepsWhatPeopleRead) {
    for (const std::string text :
         {"kworker/0:1-\u00fc", "a  b ", "<&>\"\u00e9 \u20ac\U0001F600", "\uFFFC \uFFFD", ""}) {
        EXPECT_EQ(printable(text), text);
        EXPECT_EQ(printable_lines(text), text);
    }
}

TEST(Printable, IsOneLine) {
    EXPECT_EQ(printable("a\nHANG\tb"), "a HANG b");
    EXPECT_EQ(printable("a\r\nb\rc\n"), "a b c ");
}

TEST(PrintableLines, EveryKindOfLineEndIsANewline) {
    EXPECT_EQ(printable_lines("a\tb\n"), "a\tb\n");
    EXPECT_EQ(printable_lines("a\r\nb\rc\nd\r"), "a\nb\nc\nd\n");
}

TEST(Printable, WhatIsNoUtf8IsReplaced) {
    EXPECT_EQ(printable("\xff"), "\uFFFD");
    EXPECT_EQ(printable("a\xc3"), "a\uFFFD") << "cut in the middle of a character";
    for (const std::string text : {"\xED\xA0\x80.", "\xC0\x80.", "\xF4\x90\x80\x80.", "\x9b.", "\xE2\x80."}) {
        const std::string shown = printable(text);
        EXPECT_TRUE(utf8::is_valid(shown));
        EXPECT_TRUE(shown.starts_with("\uFFFD") && shown.ends_with(".")) << shown;
    }
}

TEST(Printable, NothingIsLeftThatAnybodyObeys) {
    EXPECT_EQ(printable("\x1b[2Jgone"), "\uFFFD[2Jgone");
    EXPECT_EQ(printable("a\0b\x7f"s), "a\uFFFDb\uFFFD");
    for (char32_t code = 1; code < 0x20; ++code) {
        EXPECT_EQ(printable_lines(character(code)).find_first_of("\x1b\b\a\r"), std::string::npos);
    }
    for (const char32_t code : {0x80,   0x9b,   0x9f,   0xad,   0x61c,  0x180e, 0x200b, 0x200e, 0x200f,  0x2028,
                                0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0xfffe, 0xffff, 0x1fffe, 0xe0041}) {
        EXPECT_EQ(printable("a" + character(code) + "b"), "a\uFFFDb") << std::hex << static_cast<unsigned>(code);
        EXPECT_EQ(printable_lines("a" + character(code)), "a\uFFFD") << std::hex << static_cast<unsigned>(code);
    }
    for (const char32_t code : {0xa0, 0x2010, 0x2027, 0x202f, 0x2070, 0xfffd}) {
        EXPECT_EQ(printable(character(code)), character(code)) << "a neighbour";
    }
}

}  // namespace
}  // namespace blkhang
