// SPDX-License-Identifier: GPL-2.0-only
#include "load/guest_console.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(GuestConsole, CountsBlocksAmongText) {
    GuestConsole console;
    console.feed("\x06\x06hel");
    console.feed("lo\r\n\x06");
    EXPECT_EQ(console.blocks(), 3U);
    EXPECT_EQ(console.last_line(), "hello");
    console.feed("no disk");
    EXPECT_EQ(console.last_line(), "no disk") << "the line may be its last words";
}

TEST(GuestConsole, KeepsNoMoreThanALine) {
    GuestConsole console;
    console.feed(std::string(100000, 'x'));
    EXPECT_EQ(console.last_line().size(), 200U);
}

}  // namespace
}  // namespace blkhang
