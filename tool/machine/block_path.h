// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "machine/host_reader.h"

namespace blkhang {

/// The way of IO from what it is sent to (a partition, a volume, a file) down to the disks that serve it.
struct BlockPath {
    std::vector<std::string> steps;   ///< in words, from above: "partition sda2"
    std::vector<std::string> queues;  ///< every disk on the way, each of which has a queue that can be frozen: "dm-0"
    std::vector<std::string> disks;   ///< those of them at the bottom: "sda"
    std::vector<std::string> unfollowed = {};  ///< below which there may be any disk, seen or not
};

/// From a block device, by its name under /sys/class/block: through partitions, device mapper, md, bcache and loop.
BlockPath follow_device(HostReader& reader, const std::string& name);
/// From a file, by the mount that it lies in; from a device, if the path is one under /dev.
BlockPath follow_path(HostReader& reader, const std::filesystem::path& path);
/// The device of "254:1" as named under /sys/class/block; empty if there is none.
std::string device_of_number(HostReader& reader, const std::string& number);

}  // namespace blkhang
