// SPDX-License-Identifier: GPL-2.0-only
#include "machine/disk_queue.h"

#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

std::string driver_of(HostReader& reader, const std::string& name, const fs::path& directory) {
    // Of a namespace the device is its controller, whose device in turn is what the driver is bound to.
    for (const char* place : {"device/driver", "device/device/driver"}) {
        if (std::string driver = fs::path(reader.link(directory / place)).filename().string(); !driver.empty()) {
            return driver;
        }
    }
    return name.substr(0, name.find_first_of("0123456789-"));
}

}  // namespace

DiskQueue read_disk_queue(HostReader& reader, const std::string& name) {
    const fs::path directory = reader.roots().sys / "block" / name;
    DiskQueue disk;
    disk.name = name;
    disk.number = reader.text(directory / "dev");
    disk.driver = driver_of(reader, name, directory);
    for (std::string word : words_of(reader.text(directory / "queue/scheduler"))) {
        if (word.starts_with('[') && word.ends_with(']')) {
            word = word.substr(1, word.size() - 2);
            disk.scheduler = word;
        }
        disk.schedulers.push_back(word);
    }
    disk.nr_requests = reader.number(directory / "queue/nr_requests");
    disk.wbt_lat_us = reader.number(directory / "queue/wbt_lat_usec");
    disk.hardware_queues = static_cast<std::int64_t>(reader.names(directory / "mq").size());
    disk.served_by = reader.number(directory / "pid");
    return disk;
}

}  // namespace blkhang
