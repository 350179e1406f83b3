// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <vector>

#include "machine/device_system.h"
#include "machine/facts.h"

namespace blkhang {

/// A process that has a block device open.
struct OpenDevice {
    std::string pid, comm;
    DeviceNumber device;  ///< unless it is known by name only
    std::string name;     ///< as an io_uring that keeps it tells; empty if it is a descriptor
    std::string where;    ///< the file that told it
    bool writing = true;  ///< also if nothing tells
};

struct ProcessScan {
    std::vector<OpenDevice> open;
    std::map<std::string, std::string> mount_namespaces;  ///< a process of each: "mnt:[4026531840]" -> pid
    std::size_t processes = 0;
    std::size_t hidden = 0;      ///< of these it may not be read what they have open
    std::string hidden_example;  ///< what could not be read, and why
};

/// Goes through /proc once: descriptors of all processes but ours, and the files that io_urings keep open. A descriptor
/// that only a thread of a process has, which has taken a table of its own, is not seen.
ProcessScan scan_processes(const HostRoots& roots, const DeviceSystem& system);

/// Processes that have a device's pages mapped, which need no descriptor. Reading that waits for a lock of each
/// process, so it is for who can be given up.
std::vector<OpenDevice> scan_mappings(const HostRoots& roots, const DeviceSystem& system);

}  // namespace blkhang
