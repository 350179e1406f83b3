// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine/device_system.h"
#include "machine/host_reader.h"

namespace blkhang {

/// One block device as sysfs has it.
struct BlockDevice {
    std::string name;
    DeviceNumber number;
    std::filesystem::path directory;  ///< its own in sysfs, over no link: a partition's is below its disk's
    std::uint64_t size = 0;           ///< bytes
    bool partition = false;
    std::size_t disk = 0;                       ///< the whole disk, be it itself
    std::vector<std::size_t> below = {};        ///< what it lies on: the disk of a partition, slaves, a loop's file
    std::vector<std::size_t> partitions = {};   ///< of a disk
    std::vector<std::string> holders = {};      ///< names
    std::optional<std::uint64_t> diskseq = {};  ///< of the disk
    std::optional<std::string> loop_file = {};  ///< what a loop device shows
};

/// Where a device of this name is to be opened.
std::filesystem::path node_of(const HostRoots& roots, std::string name);

/// All block devices, and which lie on which.
class DeviceTree {
public:
    static Result<DeviceTree> load(const HostRoots& roots);
    /// Loop devices lie on what their files lie on. After add_anonymous(), which that may take.
    void connect_loops(const HostRoots& roots, const DeviceSystem& system);

    [[nodiscard]] const std::vector<BlockDevice>& all() const { return devices_; }
    [[nodiscard]] const BlockDevice& at(std::size_t index) const { return devices_.at(index); }
    [[nodiscard]] std::optional<std::size_t> find(DeviceNumber number) const;
    [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const;
    /// Itself and all that it lies on, however far down.
    [[nodiscard]] std::vector<std::size_t> downwards(std::size_t index) const;

    /// What lies below a filesystem's number that is no device's, such as btrfs gives.
    void add_anonymous(DeviceNumber filesystem, std::size_t index);
    /// The devices of the filesystem that a path lies on, or the device that it is.
    [[nodiscard]] std::vector<std::size_t> devices_of(const PathTarget& target) const;
    /// The device that a path leads to, if it leads to a node of one.
    [[nodiscard]] std::optional<std::size_t> find_node(const DeviceSystem& system,
                                                       const std::filesystem::path& path) const;

    /// A file of a device's directory without its newline; empty if it is not there.
    static std::string attribute(const BlockDevice& device, const char* file);

private:
    std::vector<BlockDevice> devices_;
    std::map<DeviceNumber, std::size_t> by_number_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::map<DeviceNumber, std::vector<std::size_t>> anonymous_;
};

}  // namespace blkhang
