// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kmsg.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(ParseKmsg, TakesLevelTimeAndFirstLine) {
    const auto message = parse_kmsg("6,339,5140900,-;NET: Registered PF_INET6\n SUBSYSTEM=net\n");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->level, 6);
    EXPECT_EQ(message->at_ns, 5140900000U);
    EXPECT_EQ(message->text, "NET: Registered PF_INET6");
}

TEST(ParseKmsg, FacilityIsNotPartOfTheLevel) { EXPECT_EQ(parse_kmsg("30,1,2,-;systemd: x")->level, 6); }

TEST(ParseKmsg, SemicolonsInTheTextStay) { EXPECT_EQ(parse_kmsg("4,1,2,c;a;b,c")->text, "a;b,c"); }

TEST(ParseKmsg, WhatIsNoRecordIsNothing) {
    for (const char* text : {"", "garbage", "4,1;no time", "x,1,2,-;text", "4,1,y,-;text"}) {
        EXPECT_FALSE(parse_kmsg(text)) << text;
    }
}

}  // namespace
}  // namespace blkhang
