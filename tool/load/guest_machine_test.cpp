// SPDX-License-Identifier: GPL-2.0-only
#include "load/guest_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

GuestMachine machine() {
    GuestMachine machine;
    machine.number = 2;
    machine.memory = std::uint64_t{128} << 20U;
    machine.disk = 7;
    machine.offset = 3 << 20U;
    machine.size = 1 << 20U;
    machine.console = 8;
    return machine;
}

TEST(GuestMachine, BootsFromItsPartOfTheDiskPastThePageCache) {
    const auto arguments = arguments_of(machine());
    EXPECT_THAT(arguments,
                AllOf(Contains("tcg"), Contains("131072k"), Contains("guest=blkhang-guest2,process=blkhang-guest"),
                      Contains("socket,id=console,fd=8"), Not(Contains("-kernel"))));
    EXPECT_THAT(arguments, Contains(AllOf(HasSubstr("offset=3145728,size=1048576,cache.direct=on"),
                                          HasSubstr("file.filename=/proc/self/fd/7,file.locking=off"))));
}

TEST(GuestMachine, BootsAKernelWithKvm) {
    auto with_kernel = machine();
    with_kernel.kvm = true;
    with_kernel.kernel = 5;
    with_kernel.initramfs = 6;
    EXPECT_THAT(arguments_of(with_kernel),
                AllOf(Contains("kvm"), Contains("/proc/self/fd/5"), Contains("/proc/self/fd/6"),
                      Contains(HasSubstr("console=ttyS0 quiet"))));
}

TEST(GuestGroups, AreFlatOrAsLibvirtNestsThem) {
    EXPECT_EQ(groups_of(KvmLayout::flat, CgroupVersion::v2, 3).members, "guest3");
    const auto nested = groups_of(KvmLayout::libvirt, CgroupVersion::v2, 0);
    const std::string scope = R"(machine.slice/machine-qemu\x2d1\x2dblkhang.scope)";
    EXPECT_THAT(nested.made, ElementsAre("machine.slice", scope, scope + "/libvirt", scope + "/libvirt/emulator"));
    EXPECT_EQ(nested.limited, scope + "/libvirt");
    EXPECT_EQ(nested.members, scope + "/libvirt/emulator");
    const auto old = groups_of(KvmLayout::libvirt, CgroupVersion::v1, 0);
    EXPECT_EQ(old.limited, scope) << "limits of v1 hold for one group only";
    EXPECT_EQ(old.members, scope);
}

TEST(GuestOffset, IsBehindTheWriters) {
    Profile profile;
    profile.writers.count = 2;
    profile.writers.span = 1 << 20U;
    profile.kvm.disk = 4 << 20U;
    Disk disk{.name = "vda", .number = "254:0"};
    disk.margin = 1 << 20U;
    EXPECT_EQ(guest_offset(profile, disk, 0), 3U << 20U);
    EXPECT_EQ(guest_offset(profile, disk, 1), 7U << 20U);
}

}  // namespace
}  // namespace blkhang
