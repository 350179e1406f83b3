// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/result.h"

namespace blkhang {

enum class Accelerator { kvm, tcg };
std::string_view to_string(Accelerator accelerator);

/// A virtual machine in terms of QEMU's command line. Descriptors are ours; QEMU inherits them and nothing else, and
/// no path of this machine but the kernel image is named to it.
struct Machine {
    Accelerator accelerator = Accelerator::tcg;
    std::filesystem::path kernel;
    std::string command_line;
    std::uint64_t memory = 0;
    std::uint32_t cpus = 1;
    std::uint32_t possible_cpus = 1;
    int initramfs = -1;      ///< file; -1: none
    int console = -1;        ///< socket, the first serial port
    int stream = -1;         ///< socket, the virtio port `blkhang.stream`; -1: none
    int serial_stream = -1;  ///< socket, the second serial port, for kernels without virtio ports; -1: none
    int page = -1;           ///< file of kLinePageSize bytes, memory that the guest shares with us; -1: none
    int messages = -1;       ///< where QEMU's own messages go
    int control = -1;        ///< socket for what QEMU is told, see lab/qemu_control.h; -1: nothing is
    int state = -1;          ///< file that stands where the state begins from which the machine goes on; -1: it boots
    std::vector<int> disks;  ///< files, as virtio-blk
};

/// Starts QEMU. It dies with the calling thread.
Result<Child> start_qemu(const Machine& machine);
/// Its arguments; `descriptors` receives what the child must inherit.
std::vector<std::string> qemu_arguments(const Machine& machine, std::vector<Child::Inherit>& descriptors);

/// The command line of a guest's kernel.
std::string kernel_command_line(std::uint32_t possible_cpus);

}  // namespace blkhang
