// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

/// The disk whose attribute of its queue this file of sysfs is: "vdb" of
/// /sys/devices/pci0000:00/0000:00:04.0/virtio1/block/vdb/queue/scheduler.
std::optional<std::string> disk_of_queue_file(std::string_view path);

/// The one disk of which a task has such a file open; empty if there is none, or more than one. Whoever switches a
/// scheduler or changes another attribute has. Opens no file of the task's own.
std::string disk_of_open_queue_file(const std::filesystem::path& proc, std::int32_t pid);

}  // namespace blkhang
