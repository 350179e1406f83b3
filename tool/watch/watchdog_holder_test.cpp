// SPDX-License-Identifier: GPL-2.0-only
#include "watch/watchdog_holder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(WatchdogHolder, WhatItsProcessRefusesIsToldByWhoStartedIt) {
    const auto holder = WatchdogHolder::start("/dev/null");
    ASSERT_FALSE(holder);
    EXPECT_EQ(holder.error().fault(), Fault::unsupported);
    EXPECT_THAT(holder.error().message(), HasSubstr("--watchdog: /dev/null is no watchdog of this kernel's"));
}

}  // namespace
}  // namespace blkhang
