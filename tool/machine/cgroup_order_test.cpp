// SPDX-License-Identifier: GPL-2.0-only
#include "machine/cgroup_order.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Layout = CgroupOrder::Layout;

class CgroupOrders : public FakeHost {};

TEST_F(CgroupOrders, TellsLayoutsApart) {
    HostReader host = reader();
    const CgroupMount blkio{1, "/sys/fs/cgroup/blkio", {"blkio"}};
    const CgroupMount memory{1, "/sys/fs/cgroup/memory", {"memory"}};
    const CgroupMount unified{2, "/sys/fs/cgroup", {"io", "memory"}};
    EXPECT_EQ(read_cgroup_order(host, {}).layout, Layout::none);
    EXPECT_EQ(read_cgroup_order(host, {blkio}).layout, Layout::v1);
    EXPECT_EQ(read_cgroup_order(host, {unified}).layout, Layout::v2);
    const CgroupOrder hybrid = read_cgroup_order(host, {blkio, memory, unified});
    EXPECT_EQ(hybrid.layout, Layout::hybrid);
    EXPECT_THAT(hybrid.on_v1, ElementsAre("blkio", "memory"));
    EXPECT_EQ(to_string(hybrid.layout), "hybrid");
}

TEST_F(CgroupOrders, SaysWhoMakesGroupsAndWhatTheyGet) {
    put("proc/1/comm", "systemd\n");
    put("sys/fs/cgroup/cgroup.subtree_control", "memory pids\n");
    put("sys/fs/cgroup/system.slice/cgroup.procs", "");
    HostReader host = reader();
    const CgroupOrder order = read_cgroup_order(host, {{2, "/sys/fs/cgroup", {"io", "memory", "pids"}}});
    EXPECT_EQ(order.first_process, "systemd");
    EXPECT_THAT(order.offered, ElementsAre("io", "memory", "pids"));
    EXPECT_THAT(order.handed_down, ElementsAre("memory", "pids"));
    EXPECT_THAT(order.delegated, IsEmpty());
}

}  // namespace
}  // namespace blkhang
