// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/context_switches.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace blkhang {
namespace {

TEST(ContextSwitches, AreThoseThatWereAskedForAndTheRest) {
    EXPECT_EQ(context_switches_in("Name:\tchurn\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t7\n"),
              157U);
    EXPECT_EQ(context_switches_in("nonvoluntary_ctxt_switches:\t7\n"), std::nullopt);
    EXPECT_EQ(context_switches_in("voluntary_ctxt_switches:\t7\n"), std::nullopt);
    EXPECT_EQ(context_switches_in("voluntary_ctxt_switches:\t\nnonvoluntary_ctxt_switches:\tmany\n"), std::nullopt);
    EXPECT_EQ(context_switches_in("Name:\tvoluntary_ctxt_switches:9\nnonvoluntary_ctxt_switches:\t7\n"), std::nullopt)
        << "a task may have any name";
    EXPECT_EQ(context_switches_in(""), std::nullopt);
}

TEST(ContextSwitches, GrowWithEachSleep) {
    const auto before = context_switches_of("/proc", ::gettid());
    ASSERT_TRUE(before);
    ::usleep(1000);
    EXPECT_GT(context_switches_of("/proc", ::gettid()), before);
    EXPECT_EQ(context_switches_of("/proc", 0), std::nullopt);
}

}  // namespace
}  // namespace blkhang
