// SPDX-License-Identifier: GPL-2.0-only
#include "machine/virtual_machines.h"

#include <gmock/gmock.h>

#include "machine/testing/fake_host.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class VirtualMachines : public FakeHost {};

TEST_F(VirtualMachines, WhereAGuestsIoGoes) {
    put_disk("vda", "254:0");
    put_disk("vdb", "254:16");
    put("dev/vdb", "");
    put("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    put("proc/100/comm", "qemu-system-x86\n");
    put("proc/100/cgroup", "0::/machine.slice/machine-qemu\\x2d3\\x2dweb.scope\n");
    link("proc/100/fd/3", "/dev/kvm");
    link("proc/100/fd/4", "/images/web.qcow2");
    link("proc/100/fd/5", "/dev/vdb");
    link("proc/100/fd/6", "anon_inode:kvm-vm");
    put("proc/101/comm", "kvm-nx-lpage-re\n");
    HostReader host = reader();
    const RunningPrograms running = read_running_programs(host);
    ASSERT_EQ(running.machines.size(), 1U);
    EXPECT_EQ(running.machines[0].pid, 100);
    EXPECT_EQ(running.machines[0].guest, "qemu-3-web");
    EXPECT_EQ(running.machines[0].group, "/machine.slice/machine-qemu\\x2d3\\x2dweb.scope");
    EXPECT_THAT(running.machines[0].files, ElementsAre("/images/web.qcow2", "/dev/vdb"));
    EXPECT_THAT(running.machines[0].disks, ElementsAre("vda", "vdb"));
    EXPECT_TRUE(running.machines[0].readable);
    EXPECT_THAT(running.killers, IsEmpty());
}

TEST_F(VirtualMachines, AreKnownByWhatTheyAreWhateverTheyAreCalled) {
    put("proc/100/comm", "web\n");
    put("proc/100/cgroup", "0::/system.slice/web.service\n");
    link("proc/100/fd/6", "anon_inode:kvm-vm");
    put("proc/101/comm", "libvirtd\n");
    link("proc/101/fd/3", "/dev/kvm");  // which asks what the processor can do
    put("proc/102/comm", "VBoxHeadless\n");
    HostReader host = reader();
    const RunningPrograms running = read_running_programs(host);
    ASSERT_EQ(running.machines.size(), 2U);
    EXPECT_EQ(running.machines[0].program, "web");
    EXPECT_EQ(running.machines[1].program, "VBoxHeadless");
}

TEST_F(VirtualMachines, WhatOnlyAMonitorHasOpen) {
    EXPECT_TRUE(is_virtual_machine("/dev/kvm"));
    EXPECT_TRUE(is_virtual_machine("/dev/vhost-net"));
    EXPECT_TRUE(is_virtual_machine("anon_inode:kvm-vcpu:0"));
    EXPECT_TRUE(is_virtual_machine("anon_inode:[kvm-vm]"));
    EXPECT_FALSE(is_virtual_machine("/dev/kvm2"));
    EXPECT_FALSE(is_virtual_machine("anon_inode:[eventfd]"));
}

TEST_F(VirtualMachines, WhoKillsBeforeTheKernelDoes) {
    put("proc/7/comm", "systemd-oomd\n");
    put("proc/8/comm", "systemd\n");
    HostReader host = reader();
    const RunningPrograms running = read_running_programs(host);
    ASSERT_EQ(running.killers.size(), 1U);
    EXPECT_EQ(running.killers[0].pid, 7);
    EXPECT_EQ(running.killers[0].name, "systemd-oomd");
}

}  // namespace
}  // namespace blkhang
