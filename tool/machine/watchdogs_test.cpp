// SPDX-License-Identifier: GPL-2.0-only
#include "machine/watchdogs.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::IsEmpty;

class WatchdogsOfHost : public FakeHost {};

TEST_F(WatchdogsOfHost, WithDriverTimeAndWhetherTaken) {
    HostReader host = reader();
    EXPECT_THAT(read_watchdogs(host), IsEmpty());
    put("sys/class/watchdog/watchdog0/identity", "i6300ESB timer\n");
    put("sys/class/watchdog/watchdog0/timeout", "30\n");
    put("sys/class/watchdog/watchdog0/state", "active\n");
    put("sys/class/watchdog/watchdog0/nowayout", "1\n");
    put("sys/class/watchdog/watchdog1/identity", "Software Watchdog\n");
    put("sys/class/watchdog/watchdog1/state", "inactive\n");
    put("sys/class/watchdog/watchdog1/pretimeout", "10\n");
    put("sys/class/watchdog/watchdog1/pretimeout_governor", "panic\n");
    const auto watchdogs = read_watchdogs(host);
    ASSERT_EQ(watchdogs.size(), 2U);
    EXPECT_EQ(watchdogs[0].driver, "i6300ESB timer");
    EXPECT_EQ(watchdogs[0].timeout_s, 30);
    EXPECT_TRUE(watchdogs[0].taken);
    EXPECT_TRUE(watchdogs[0].no_way_out);
    EXPECT_FALSE(watchdogs[0].is_software());
    EXPECT_TRUE(watchdogs[0].state_told);
    EXPECT_FALSE(watchdogs[1].state_told);
    EXPECT_TRUE(watchdogs[1].is_software());
    EXPECT_FALSE(watchdogs[1].taken);
    EXPECT_EQ(watchdogs[1].pretimeout, "panic");
}

}  // namespace
}  // namespace blkhang
