// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "machine/block_path.h"
#include "machine/host_reader.h"

namespace blkhang {

/// A process that matters here, by its name.
struct HostProcess {
    std::int64_t pid;
    std::string name;
};

/// A process of a hypervisor, and the disks that its guest's IO goes to.
struct VirtualMachine {
    std::int64_t pid;
    std::string program;             ///< "qemu-system-x86"
    std::string guest;               ///< what its cgroup calls it, if libvirt or systemd made that
    std::string group;               ///< its cgroup
    std::vector<std::string> files;  ///< open images and devices
    std::vector<std::string> disks;  ///< that those lie on
    bool readable = true;            ///< false: its open files are not ours to see
};

struct RunningPrograms {
    std::vector<VirtualMachine> machines;
    std::vector<HostProcess> killers;  ///< of processes when memory is short, before the kernel would: systemd-oomd
};

/// Does who has that open, as the link of a descriptor calls it, run a virtual machine?
bool is_virtual_machine(std::string_view open);

/// One walk through /proc.
RunningPrograms read_running_programs(HostReader& reader);

}  // namespace blkhang
