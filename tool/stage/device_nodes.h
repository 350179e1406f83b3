// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// What devtmpfs does, for guests whose kernel has none: files in /dev for all devices. Nothing is told to a ledger,
/// for they are in the guest's own memory.
namespace blkhang {

/// A device as the kernel tells of it.
struct DeviceNode {
    std::string name;  ///< below /dev, "vda" or "mapper/control"
    mode_t type;       ///< S_IFBLK or S_IFCHR
    dev_t number;
    bool operator==(const DeviceNode&) const = default;
};

/// From members NAME=VALUE, each ended by `end`: MAJOR, MINOR and DEVNAME. `type` holds if they do not say which
/// SUBSYSTEM it is of. Nothing where they are of no device that has a file, or of one that went.
std::optional<DeviceNode> device_in(std::string_view uevent, char end, mode_t type);

/// Makes one file, as mknod(2): 0 or the number of the error.
using MakeNode = std::function<int(const std::filesystem::path&, mode_t, dev_t)>;
int make_node(const std::filesystem::path& file, mode_t type, dev_t number);

/// A file for each device that there is.
void make_device_nodes(const std::filesystem::path& sys, const std::filesystem::path& dev, const MakeNode& make);

/// The same, and a process that makes those of devices that come; it lives as long as the guest. The error says why
/// there is no such process.
Status keep_device_nodes(const std::filesystem::path& sys, const std::filesystem::path& dev);

}  // namespace blkhang
