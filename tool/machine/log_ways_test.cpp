// SPDX-License-Identifier: GPL-2.0-only
#include "machine/log_ways.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::IsEmpty;

class LogWaysOfHost : public FakeHost {};

TEST_F(LogWaysOfHost, ConsolesAndTheirLevel) {
    put("proc/consoles",
        "tty0                 -WU (EC  p  )    4:7\n"
        "ttyS0                -W- (E   p a)    4:64\n"
        "ttyS1                -W- (    p a)    4:65\n");
    put("proc/sys/kernel/printk", "4\t4\t1\t7\n");
    put("proc/sys/kernel/printk_devkmsg", "ratelimit\n");
    HostReader host = reader();
    const LogWays ways = read_log_ways(host);
    ASSERT_EQ(ways.consoles.size(), 3U);
    EXPECT_FALSE(ways.consoles[0].is_serial());
    EXPECT_TRUE(ways.consoles[1].is_serial());
    EXPECT_TRUE(ways.consoles[1].enabled);
    EXPECT_FALSE(ways.consoles[2].enabled);
    EXPECT_EQ(ways.console_level, 4);
    EXPECT_EQ(ways.devkmsg, "ratelimit");
    EXPECT_EQ(ways.sysrq, std::nullopt);
    EXPECT_FALSE(ways.netconsole_loaded);
}

TEST_F(LogWaysOfHost, TargetsOfNetconsole) {
    put("sys/kernel/config/netconsole/one/dev_name", "eth0\n");
    put("sys/kernel/config/netconsole/one/remote_ip", "192.0.2.1\n");
    put("sys/kernel/config/netconsole/one/enabled", "1\n");
    put("proc/consoles", "netcon0              -W- (E   p  )\n");
    put("proc/sys/kernel/sysrq", "438\n");
    HostReader host = reader();
    const LogWays ways = read_log_ways(host);
    ASSERT_EQ(ways.net_consoles.size(), 1U);
    EXPECT_EQ(ways.net_consoles[0].device, "eth0");
    EXPECT_EQ(ways.net_consoles[0].remote, "192.0.2.1");
    EXPECT_TRUE(ways.net_consoles[0].enabled);
    EXPECT_TRUE(ways.netconsole_loaded);
    EXPECT_EQ(ways.sysrq, 438);
}

TEST_F(LogWaysOfHost, NothingAtAll) {
    HostReader host = reader();
    EXPECT_THAT(read_log_ways(host).consoles, IsEmpty());
}

}  // namespace
}  // namespace blkhang
