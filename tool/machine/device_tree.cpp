// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_tree.h"

#include <fcntl.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/number.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSector = 512;  // sysfs counts in these whatever the device has

std::optional<BlockDevice> read_device(const fs::path& link) {
    std::error_code problem;
    BlockDevice device;
    device.directory = fs::canonical(link, problem);
    if (problem) {
        return std::nullopt;  // it has just gone
    }
    const auto number = parse_device_number(line_of(device.directory / "dev"));
    if (!number) {
        return std::nullopt;
    }
    device.name = device.directory.filename().string();
    device.number = *number;
    device.size = number_in<std::uint64_t>(line_of(device.directory / "size")).value_or(0) * kSector;
    device.partition = is_there(device.directory / "partition");
    device.holders = names_in(device.directory / "holders");
    const fs::path disk = device.partition ? device.directory.parent_path() : device.directory;
    device.diskseq = number_in<std::uint64_t>(line_of(disk / "diskseq"));
    if (auto file = line_of(device.directory / "loop/backing_file"); !file.empty()) {
        device.loop_file = std::move(file);
    }
    return device;
}

}  // namespace

fs::path node_of(const HostRoots& roots, std::string name) {
    // What the kernel calls cciss!c0d0 is in a directory.
    std::ranges::replace(name, '!', '/');
    return roots.dev / name;
}

Result<DeviceTree> DeviceTree::load(const HostRoots& roots) {
    const fs::path directory = roots.sys / "class" / "block";
    if (!is_there(directory)) {
        return fail(Error(Fault::unsupported, "there is no " + directory.string())
                        .hint("mount sysfs: mount -t sysfs sysfs /sys"));
    }
    DeviceTree tree;
    for (const std::string& name : names_in(directory)) {
        if (auto device = read_device(directory / name)) {
            const std::size_t index = tree.devices_.size();
            tree.by_number_.emplace(device->number, index);
            tree.by_name_.emplace(device->name, index);
            tree.devices_.push_back(std::move(*device));
        }
    }
    for (std::size_t i = 0; i < tree.devices_.size(); ++i) {
        BlockDevice& device = tree.devices_[i];
        device.disk = i;
        if (device.partition) {
            if (const auto disk = tree.find(device.directory.parent_path().filename().string())) {
                device.disk = *disk;
                device.below.push_back(*disk);
                tree.devices_[*disk].partitions.push_back(i);
            }
        }
        for (const std::string& slave : names_in(device.directory / "slaves")) {
            if (const auto below = tree.find(slave)) {
                device.below.push_back(*below);
            }
        }
    }
    return tree;
}

void DeviceTree::connect_loops(const HostRoots& roots, const DeviceSystem& system) {
    for (BlockDevice& device : devices_) {
        if (!device.loop_file) {
            continue;
        }
        if (const auto target = system.look_at(AT_FDCWD, injected(roots, *device.loop_file).c_str())) {
            for (const std::size_t below : devices_of(*target)) {
                device.below.push_back(below);
            }
        }
    }
}

std::optional<std::size_t> DeviceTree::find(DeviceNumber number) const {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> DeviceTree::find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::size_t> DeviceTree::downwards(std::size_t index) const {
    std::vector<std::size_t> reached{index};
    for (std::size_t i = 0; i < reached.size(); ++i) {
        for (const std::size_t below : devices_[reached[i]].below) {
            if (std::ranges::find(reached, below) == reached.end()) {
                reached.push_back(below);
            }
        }
    }
    return reached;
}

void DeviceTree::add_anonymous(DeviceNumber filesystem, std::size_t index) {
    auto& devices = anonymous_[filesystem];
    if (std::ranges::find(devices, index) == devices.end()) {
        devices.push_back(index);
    }
}

std::vector<std::size_t> DeviceTree::devices_of(const PathTarget& target) const {
    if (target.kind == PathTarget::Kind::block) {
        const auto device = find(target.device);
        return device ? std::vector{*device} : std::vector<std::size_t>{};
    }
    if (const auto device = find(target.filesystem)) {
        return {*device};
    }
    const auto found = anonymous_.find(target.filesystem);
    return found == anonymous_.end() ? std::vector<std::size_t>{} : found->second;
}

std::optional<std::size_t> DeviceTree::find_node(const DeviceSystem& system, const fs::path& path) const {
    const auto target = system.look_at(AT_FDCWD, path.c_str());
    return target && target->kind == PathTarget::Kind::block ? find(target->device) : std::nullopt;
}

std::string DeviceTree::attribute(const BlockDevice& device, const char* file) {
    return line_of(device.directory / file);
}

}  // namespace blkhang
