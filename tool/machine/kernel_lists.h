// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "machine/device_system.h"

namespace blkhang {

/// A line of /proc/PID/mountinfo: `36 35 98:0 /root /where rw,noatime shared:1 - ext4 /dev/vda rw`.
struct Mount {
    DeviceNumber filesystem;
    std::string source, where, type, options;
    std::string pid;  ///< of a process that sees it; empty: we do
};
std::vector<Mount> parse_mountinfo(const std::string& text, const std::string& pid = "");

/// A line of /proc/swaps.
struct SwapDevice {
    std::string name;
    std::uint64_t size = 0;  ///< bytes
    std::uint64_t used = 0;  ///< bytes
    int priority = 0;
};
/// A line of which only the name can be read is swap all the same.
std::vector<SwapDevice> parse_swaps(const std::string& text);

}  // namespace blkhang
