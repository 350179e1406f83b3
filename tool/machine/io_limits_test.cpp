// SPDX-License-Identifier: GPL-2.0-only
#include "machine/io_limits.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::IsEmpty;

class IoLimits : public FakeHost {};

TEST_F(IoLimits, OfBothVersions) {
    put("sys/fs/cgroup/unified/io.cost.qos", "8:0 enable=1 ctrl=auto rpct=0.00\n8:16 enable=0 ctrl=auto\n");
    put("sys/fs/cgroup/unified/db/io.max", "8:0 rbps=max wbps=1048576 riops=max wiops=max\n");
    put("sys/fs/cgroup/unified/db/io.latency", "");
    put("sys/fs/cgroup/blkio/web/blkio.throttle.write_bps_device", "8:16 2097152\n");
    HostReader host = reader();
    const auto limits =
        read_io_limits(host, {{2, "/sys/fs/cgroup/unified", {"io"}}, {1, "/sys/fs/cgroup/blkio", {"blkio"}}});
    ASSERT_EQ(limits.size(), 3U);
    EXPECT_EQ(limits[0].group, "/");
    EXPECT_EQ(limits[0].knob, "io.cost.qos");
    EXPECT_EQ(limits[0].number, "8:0");
    EXPECT_EQ(limits[1].group, "/db");
    EXPECT_EQ(limits[1].rule, "rbps=max wbps=1048576 riops=max wiops=max");
    EXPECT_EQ(limits[2].file, "blkio.throttle.write_bps_device");
    EXPECT_EQ(limits[2].knob, "io.max");
    EXPECT_EQ(limits[2].group, "/web");
}

TEST_F(IoLimits, NoneWhereNothingIsMounted) {
    HostReader host = reader();
    EXPECT_THAT(read_io_limits(host, {}), IsEmpty());
    EXPECT_THAT(read_io_limits(host, {{2, "/sys/fs/cgroup", {}}}), IsEmpty());
}

}  // namespace
}  // namespace blkhang
