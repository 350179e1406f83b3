// SPDX-License-Identifier: GPL-2.0-only
#include "lab/qemu.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

namespace blkhang {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Machine machine() {
    Machine machine;
    machine.kernel = "/boot/vmlinuz";
    machine.command_line = kernel_command_line(64);
    machine.memory = 256U << 20;
    machine.cpus = 2;
    machine.possible_cpus = 64;
    machine.initramfs = 10;
    machine.console = 11;
    machine.stream = 12;
    machine.serial_stream = 17;
    machine.page = 13;
    machine.messages = 14;
    machine.disks = {15, 16};
    machine.control = 18;
    machine.state = 19;
    return machine;
}

TEST(Qemu, ChildGetsEachDescriptorOnceAndOnlyWhatIsNamed) {
    std::vector<Child::Inherit> descriptors;
    const auto arguments = qemu_arguments(machine(), descriptors);
    std::set<int> theirs;
    for (const auto& descriptor : descriptors) {
        EXPECT_TRUE(theirs.insert(descriptor.theirs).second) << "number given twice: " << descriptor.theirs;
        if (descriptor.theirs > 2) {
            EXPECT_THAT(arguments, Contains(testing::ContainsRegex(fmt::format("fd[=/:]{}", descriptor.theirs))));
        }
    }
    EXPECT_EQ(theirs, (std::set<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST(Qemu, MachineIsAsSmallAsAsked) {
    std::vector<Child::Inherit> descriptors;
    Machine small = machine();
    EXPECT_THAT(qemu_arguments(small, descriptors), testing::IsSupersetOf({"262144k", "2,maxcpus=64"}));
    small.initramfs = -1;
    small.stream = -1;
    small.serial_stream = -1;
    small.page = -1;
    small.control = -1;
    small.state = -1;
    small.disks.clear();
    small.possible_cpus = 1;
    small.accelerator = Accelerator::kvm;
    descriptors.clear();
    const auto arguments = qemu_arguments(small, descriptors);
    EXPECT_THAT(arguments, Contains("2,maxcpus=2"));
    EXPECT_THAT(arguments, Contains("kvm"));
    EXPECT_THAT(arguments, Not(Contains("-initrd")));
    EXPECT_THAT(arguments, Not(Contains(HasSubstr("virtio"))));
    EXPECT_THAT(arguments, Not(Contains(HasSubstr("memory-backend"))));
    EXPECT_THAT(arguments, Not(Contains("-mon")));
    EXPECT_THAT(arguments, Not(Contains("-incoming")));
}

TEST(Qemu, KernelPatchesItsCodeBeforeTheSecondCpuWakes) {
    EXPECT_THAT(kernel_command_line(64), HasSubstr("possible_cpus=64 maxcpus=1"));
    EXPECT_THAT(kernel_command_line(64), HasSubstr("rootfstype=ramfs"));
}

}  // namespace
}  // namespace blkhang
