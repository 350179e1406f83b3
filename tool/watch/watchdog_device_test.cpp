// SPDX-License-Identifier: GPL-2.0-only
#include "watch/watchdog_device.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Watchdog watchdog(bool taken, bool no_way_out, bool state_told) {
    return {"watchdog0", "i6300ESB timer", 30, "", taken, no_way_out, state_told};
}

TEST(WatchdogToTake, OneThatIsFreeAndCanBeStoppedMayBeTaken) {
    EXPECT_THAT(reasons_against(watchdog(false, false, true)), IsEmpty());
}

TEST(WatchdogToTake, AllThatSpeaksAgainstOneIsTold) {
    EXPECT_THAT(reasons_against(watchdog(true, true, true)), ElementsAre(HasSubstr("nowayout"), HasSubstr("taken")));
    EXPECT_THAT(reasons_against(watchdog(false, false, false)), ElementsAre(HasSubstr("not told")));
}

class WatchdogsOfDevices : public FakeHost {};

/// A file that would do everything, were it opened: nothing may be.
TEST_F(WatchdogsOfDevices, WhatIsNoWatchdogIsNotOpenedAndThoseThereAreAreNamed) {
    put("sys/class/watchdog/watchdog0/identity", "i6300ESB timer\n");
    put("dev/watchdog0", "");
    for (const auto* name : {"watchdog0", "watchdog", "nothing"}) {
        const auto taken = WatchdogDevice::take(roots().dev / name, roots());
        ASSERT_FALSE(taken);
        EXPECT_EQ(taken.error().fault(), Fault::unsupported);
        EXPECT_THAT(taken.error().message(), HasSubstr("is no watchdog of this kernel's"));
        EXPECT_THAT(taken.error().message(), HasSubstr("/dev/watchdog0 (i6300ESB timer)"));
    }
}

}  // namespace
}  // namespace blkhang
