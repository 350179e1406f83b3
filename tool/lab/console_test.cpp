// SPDX-License-Identifier: GPL-2.0-only
#include "lab/console.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Console, KeepsTheFirstTrouble) {
    Console console;
    console.feed("[    1.0] booting\r\n[    7.206] BUG: kernel NULL pointer dereference, addr");
    EXPECT_EQ(console.trouble(), "");
    console.feed("ess: 0\r\n[    7.206] Oops: 0010 [#1] PREEMPT SMP NOPTI\r\n");
    EXPECT_EQ(console.trouble(), "BUG: kernel NULL pointer dereference, address: 0");
}

TEST(Console, HangIsNoTrouble) {
    Console console;
    console.feed("[   50.0] watchdog: BUG: soft lockup - CPU#1 stuck for 45s! [init:336]\n");
    console.feed("[   50.0] INFO: task kswapd0:36 blocked for more than 120 seconds.\n");
    EXPECT_EQ(console.trouble(), "");
}

TEST(Console, RemembersOnlyTheEnd) {
    Console console;
    for (int i = 0; i < 100; ++i) {
        console.feed("line " + std::to_string(i) + "\n");
    }
    EXPECT_EQ(console.tail(), "line 95 | line 96 | line 97 | line 98 | line 99");
}

}  // namespace
}  // namespace blkhang
