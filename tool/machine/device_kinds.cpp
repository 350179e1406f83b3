// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/file.h"
#include "base/shell.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Smaller ones have no room for a header and a journal worth the name.
constexpr std::uint64_t kSmallestDevice = std::uint64_t{4} << 20U;

/// "zram0" has the prefix "zram", "ramdisk" has not the prefix "ram": a number follows.
bool numbered(const std::string& name, std::string_view prefix) {
    return name.starts_with(prefix) && name.size() > prefix.size() && ascii::is_digit(name[prefix.size()]);
}

/// Drivers whose devices are told by their names, because nothing else tells.
struct Driver {
    std::string_view prefix;
    DeviceReason reason;
    const char* what;
};
constexpr std::array kDrivers = {
    Driver{"zram", DeviceReason::memory_disk, "compressed memory"},
    Driver{"ram", DeviceReason::memory_disk, "memory, which bypasses the block layer's queue up to 6.1"},
    Driver{"bcache", DeviceReason::stacked, "a cached disk"},
    Driver{"drbd", DeviceReason::stacked, "a mirror over the network"},
    Driver{"zd", DeviceReason::stacked, "a volume of a ZFS pool"},
    Driver{"rbd", DeviceReason::remote, "an image in a Ceph cluster"},
    Driver{"rnbd", DeviceReason::remote, "a disk of another machine"},
    Driver{"sr", DeviceReason::removable, "an optical drive"},
    Driver{"fd", DeviceReason::removable, "a floppy drive"},
    Driver{"mtdblock", DeviceReason::stacked, "flash memory behind a translation that wears it out"},
    Driver{"ubiblock", DeviceReason::stacked, "a volume in flash memory"},
};

/// Parts of where sysfs has a device that tell how it is reached.
struct Way {
    std::string_view part;
    DeviceReason reason;
    const char* what;
};
constexpr std::array kWays = {
    Way{"/session", DeviceReason::remote, "an iSCSI session"},
    Way{"/rport-", DeviceReason::remote, "Fibre Channel"},
    Way{"/nvme-fabrics/", DeviceReason::remote, "NVMe over Fabrics"},
    Way{"/usb", DeviceReason::usb, "USB"},
};

std::string first_of(const BlockDevice& device, std::initializer_list<const char*> files) {
    for (const char* file : files) {
        if (auto found = DeviceTree::attribute(device, file); !found.empty()) {
            return found;
        }
    }
    return "";
}

/// Page 0x80 of SCSI's vital product data: four bytes, the last of which tells the length, then the serial number.
std::string scsi_serial(const BlockDevice& device) {
    constexpr std::size_t kHead = 4;
    const std::string page = read_file(device.directory / "device/vpd_pg80", 4096).value_or("");
    return page.size() <= kHead ? "" : stripped(page.substr(kHead, static_cast<unsigned char>(page[kHead - 1])));
}

std::string fact(const BlockDevice& device, const char* file, const std::string& value) {
    return fmt::format("{}: {}", (device.directory / file).string(), value);
}

class Kinds {
public:
    Kinds(const DeviceTree& tree, DeviceFindings& findings) : tree_(tree), findings_(findings) {}

    void one(std::size_t index) {
        const BlockDevice& device = tree_.at(index);
        const BlockDevice& disk = tree_.at(device.disk);
        if (device.partition) {
            findings_.add(index, DeviceReason::partition,
                          fmt::format("{}: {}; its queue is that of all {}", (device.directory / "partition").string(),
                                      DeviceTree::attribute(device, "partition"), disk.name),
                          findings_.path_of(device.disk).string());
        }
        kind(index, device);
        medium(index, device, disk);
        driver(index, device, disk);
        users(index, device);
    }

    /// Two disks with one identity are two ways to one.
    void twins() {
        std::map<std::string, std::vector<std::size_t>> same;
        for (std::size_t i = 0; i < tree_.all().size(); ++i) {
            const BlockDevice& device = tree_.at(i);
            if (!device.partition && device.below.empty() && device.size != 0) {
                if (const std::string wwn = wwn_of(device); !wwn.empty()) {
                    same["wwid " + wwn].push_back(i);
                } else if (const std::string serial = serial_of(device); !serial.empty()) {
                    same[fmt::format("serial number {} of a {} of {} bytes", serial, model_of(device), device.size)]
                        .push_back(i);
                }
            }
        }
        for (const auto& [identity, devices] : same) {
            for (const std::size_t device : devices) {
                for (const std::size_t other : devices) {
                    if (device != other) {
                        findings_.add(device, DeviceReason::second_name,
                                      fmt::format("{} has the same {}", tree_.at(other).name, identity),
                                      tree_.at(device).name);
                    }
                }
            }
        }
    }

private:
    void kind(std::size_t index, const BlockDevice& device) {
        if (const std::string name = DeviceTree::attribute(device, "dm/name"); !name.empty()) {
            std::string below;
            for (const std::size_t slave : device.below) {
                below += " " + tree_.at(slave).name;
            }
            findings_.add(index, DeviceReason::device_mapper,
                          fact(device, "dm/name",
                               fmt::format("{} ({}), on{}", name, DeviceTree::attribute(device, "dm/uuid"),
                                           below.empty() ? " nothing" : below)),
                          shell_quoted(name));
        }
        if (const std::string state = DeviceTree::attribute(device, "md/array_state"); !state.empty()) {
            findings_.add(index, DeviceReason::md_array, fact(device, "md/array_state", state));
        }
        if (device.loop_file) {
            findings_.add(index, DeviceReason::loop_device, fact(device, "loop/backing_file", *device.loop_file));
            for (const std::size_t below : device.below) {
                findings_.add_downwards(below, DeviceReason::loop_backing,
                                        fmt::format("{}: {}, on {}", (device.directory / "loop/backing_file").string(),
                                                    *device.loop_file, tree_.at(below).name),
                                        findings_.path_of(index).string());
            }
        }
        if (const std::string pid = DeviceTree::attribute(device, "pid");
            numbered(device.name, "nbd") && !pid.empty()) {
            findings_.add(index, DeviceReason::nbd, fact(device, "pid", "served by process " + pid));
        }
    }

    void medium(std::size_t index, const BlockDevice& device, const BlockDevice& disk) {
        if (device.size == 0) {
            findings_.add(index, DeviceReason::no_medium, fact(device, "size", "0"));
        } else if (device.size < kSmallestDevice) {
            findings_.add(index, DeviceReason::too_small,
                          fmt::format("{} bytes, {} are needed", device.size, kSmallestDevice));
        }
        if (DeviceTree::attribute(device, "ro") == "1") {
            findings_.add(index, DeviceReason::read_only, fact(device, "ro", "1"));
        }
        if (DeviceTree::attribute(disk, "removable") == "1") {
            findings_.add(index, DeviceReason::removable, fact(disk, "removable", "1"));
        }
        const std::string zoned = DeviceTree::attribute(disk, "queue/zoned");
        if (!zoned.empty() && zoned != "none") {
            findings_.add(index, DeviceReason::zoned, fact(disk, "queue/zoned", zoned));
        }
    }

    void driver(std::size_t index, const BlockDevice& device, const BlockDevice& disk) {
        for (const Driver& driver : kDrivers) {
            if (numbered(disk.name, driver.prefix)) {
                findings_.add(index, driver.reason, fmt::format("{} is {}", disk.name, driver.what));
            }
        }
        for (const Way& way : kWays) {
            if (disk.directory.string().find(way.part) != std::string::npos) {
                findings_.add(index, way.reason, fmt::format("{}: reached by {}", disk.directory.string(), way.what));
            }
        }
        transports(index, disk);
        if (DeviceTree::attribute(disk, "device/type") == "SD") {
            findings_.add(index, DeviceReason::removable, fact(disk, "device/type", "SD, a memory card"));
        }
        if (DeviceTree::attribute(disk, "hidden") == "1") {
            findings_.add(index, DeviceReason::multipath, fact(disk, "hidden", "1, a path of a multipath device"));
        }
        // Its members have one, and so has a bcache device itself.
        if (is_there(device.directory / "bcache") && !numbered(disk.name, "bcache")) {
            findings_.add_downwards(index, DeviceReason::bcache,
                                    fmt::format("{} is there", (device.directory / "bcache").string()),
                                    (device.directory / "bcache").string());
        }
    }

    /// An NVMe disk is below its controller, or, if it can have several, beside them.
    void transports(std::size_t index, const BlockDevice& disk) {
        std::vector<std::string> files = {"device/transport"};
        if (disk.name.starts_with("nvme")) {
            for (const std::string& name : names_in(disk.directory / "device")) {
                if (numbered(name, "nvme")) {
                    files.push_back("device/" + name + "/transport");
                }
            }
        }
        for (const std::string& file : files) {
            const std::string transport = DeviceTree::attribute(disk, file.c_str());
            if (!transport.empty() && transport != "pcie") {
                findings_.add(index, DeviceReason::remote, fact(disk, file.c_str(), transport));
            }
        }
    }

    void users(std::size_t index, const BlockDevice& device) {
        for (const std::string& holder : device.holders) {
            const auto above = tree_.find(holder);
            const std::string uuid = above ? DeviceTree::attribute(tree_.at(*above), "dm/uuid") : "";
            const std::string name = above ? DeviceTree::attribute(tree_.at(*above), "dm/name") : "";
            const std::string fact = fmt::format("{}: {}{}", (device.directory / "holders").string(), holder,
                                                 name.empty() ? "" : fmt::format(" ({}, {})", name, uuid));
            std::string clear = "lsblk /dev/" + holder;
            if (uuid.starts_with("LVM-")) {
                clear = "lvchange --activate n " + shell_quoted("/dev/mapper/" + name);
            } else if (uuid.starts_with("CRYPT-")) {
                clear = "cryptsetup close " + shell_quoted(name);
            } else if (!name.empty()) {
                clear = "dmsetup remove " + shell_quoted(name);
            } else if (numbered(holder, "md")) {
                clear = "mdadm --stop /dev/" + holder;
            } else if (numbered(holder, "bcache")) {
                clear = "echo 1 > /sys/block/" + holder + "/bcache/stop";
            }
            findings_.add_downwards(index, DeviceReason::holder, fact, clear);
            if (uuid.starts_with("mpath-")) {
                findings_.add(index, DeviceReason::multipath, fact);
            }
        }
        if (!device.partitions.empty()) {
            std::string names;
            for (const std::size_t part : device.partitions) {
                names += (names.empty() ? "" : ", ") + tree_.at(part).name;
            }
            findings_.add_downwards(index, DeviceReason::partitions,
                                    fmt::format("{}: {}", device.directory.string(), names), names);
        }
    }

    const DeviceTree& tree_;
    DeviceFindings& findings_;
};

}  // namespace

std::string serial_of(const BlockDevice& device) {
    const std::string serial = first_of(device, {"serial", "device/serial"});
    return serial.empty() ? scsi_serial(device) : serial;
}

std::string wwn_of(const BlockDevice& device) { return first_of(device, {"wwid", "device/wwid"}); }

std::string model_of(const BlockDevice& device) { return first_of(device, {"device/model"}); }

void find_kinds(const DeviceTree& tree, DeviceFindings& findings) {
    Kinds kinds(tree, findings);
    for (std::size_t i = 0; i < tree.all().size(); ++i) {
        kinds.one(i);
    }
    kinds.twins();
}

}  // namespace blkhang
