// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/host_reader.h"

namespace blkhang {

/// What a disk's queue is set to.
struct DiskQueue {
    std::string name = {};                     ///< under /sys/block
    std::string number = {};                   ///< "254:0"
    std::string driver = {};                   ///< "nvme", "virtio_blk"; the name without its digits where none is told
    std::string scheduler = {};                ///< the one in use; empty for a disk that can have none
    std::vector<std::string> schedulers = {};  ///< that it can be told to use; a loadable one may be missing here
    std::optional<std::int64_t> nr_requests = {};
    std::optional<std::int64_t> wbt_lat_us = {};  ///< nothing: no writeback throttling here; 0: off
    std::int64_t hardware_queues = 0;
    std::optional<std::int64_t> served_by = {};  ///< the process that answers for it (nbd)
};

DiskQueue read_disk_queue(HostReader& reader, const std::string& name);

}  // namespace blkhang
