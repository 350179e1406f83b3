// SPDX-License-Identifier: GPL-2.0-only
#include "lab/qemu.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/line_page.h"

namespace blkhang {

std::string_view to_string(Accelerator accelerator) { return accelerator == Accelerator::kvm ? "kvm" : "tcg"; }

std::string kernel_command_line(std::uint32_t possible_cpus) {
    // rootfstype=ramfs: programs in tmpfs could be swapped out under us.
    // loglevel=5: each console line costs an emulated guest milliseconds.
    // maxcpus=1: QEMU's multi-threaded emulation goes on executing code that another CPU has patched (static keys,
    // probes), so the guest's init loads modules and attaches probes first and wakes the other CPUs after that.
    // no_timer_check: on a busy host the emulated timer comes too late for the kernel's test of it, which panics then
    // (arch/x86/kernel/apic/io_apic.c, check_timer()).
    // ibt=off: planted bugs jump behind a function's entry.
    return fmt::format(
        "console=ttyS0 rootfstype=ramfs panic=-1 oops=panic loglevel=5 mitigations=off random.trust_cpu=on ibt=off "
        "no_timer_check possible_cpus={} maxcpus=1",
        possible_cpus);
}

std::vector<std::string> qemu_arguments(const Machine& machine, std::vector<Child::Inherit>& descriptors) {
    int next = 3;
    const auto inherit = [&](int ours) {
        descriptors.push_back({ours, next});
        return next++;
    };
    descriptors.push_back({machine.messages, 1});
    descriptors.push_back({machine.messages, 2});

    std::vector<std::string> arguments{"qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot"};
    const auto add = [&](std::string option, std::string value) {
        arguments.push_back(std::move(option));
        arguments.push_back(std::move(value));
    };
    add("-display", "none");
    add("-accel", machine.accelerator == Accelerator::kvm ? "kvm" : "tcg,thread=multi");
    add("-cpu", "max");
    add("-m", fmt::format("{}k", machine.memory >> 10));
    add("-smp", fmt::format("{},maxcpus={}", machine.cpus, std::max(machine.cpus, machine.possible_cpus)));
    add("-kernel", machine.kernel.string());
    add("-append", machine.command_line);
    if (machine.initramfs >= 0) {
        add("-initrd", fmt::format("/proc/self/fd/{}", inherit(machine.initramfs)));
    }
    add("-chardev", fmt::format("socket,id=console,fd={}", inherit(machine.console)));
    add("-serial", "chardev:console");
    if (machine.serial_stream >= 0) {
        add("-chardev", fmt::format("socket,id=serial,fd={}", inherit(machine.serial_stream)));
        add("-serial", "chardev:serial");
    }
    if (machine.stream >= 0) {
        add("-chardev", fmt::format("socket,id=stream,fd={}", inherit(machine.stream)));
        add("-device", "virtio-serial-pci");
        add("-device", "virtserialport,chardev=stream,name=blkhang.stream");
    }
    if (machine.page >= 0) {
        add("-object", fmt::format("memory-backend-file,id=page,mem-path=/proc/self/fd/{},size={},share=on",
                                   inherit(machine.page), kLinePageSize));
        add("-device", "ivshmem-plain,memdev=page,master=on");  // master: the page is part of the machine's state
    }
    for (std::size_t i = 0; i < machine.disks.size(); ++i) {
        // Through /proc: QEMU opens a disk more than once, with changing flags, which -add-fd does not serve.
        add("-drive", fmt::format("if=none,id=disk{},file=/proc/self/fd/{},format=raw,cache=unsafe", i,
                                  inherit(machine.disks[i])));
        add("-device", fmt::format("virtio-blk-pci,drive=disk{}", i));
    }
    if (machine.control >= 0) {
        add("-chardev", fmt::format("socket,id=control,fd={}", inherit(machine.control)));
        add("-mon", "chardev=control,mode=control");
    }
    if (machine.state >= 0) {
        add("-incoming", fmt::format("fd:{}", inherit(machine.state)));
    }
    return arguments;
}

Result<Child> start_qemu(const Machine& machine) {
    std::vector<Child::Inherit> descriptors;
    const auto arguments = qemu_arguments(machine, descriptors);
    auto child = Child::spawn(arguments, descriptors);
    if (!child) {
        return fail(std::move(child.error()).within("starting a guest").hint("apt-get install qemu-system-x86"));
    }
    return child;
}

}  // namespace blkhang
