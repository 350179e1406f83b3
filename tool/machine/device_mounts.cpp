// SPDX-License-Identifier: GPL-2.0-only
#include "machine/device_mounts.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/shell.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Values of options that name devices: "rw,logdev=/dev/vdb,rtdev=/dev/vdc".
std::vector<std::string> devices_in(const std::string& options) {
    std::vector<std::string> paths;
    for (const std::string& part : parts_of(options, ',')) {
        if (const auto at = part.find("=/dev/"); at != std::string::npos) {
            paths.push_back(part.substr(at + 1));
        }
    }
    return paths;
}

/// "vdb1-8" is the journal inside of the filesystem of vdb1, "vdb" one on a disk of its own.
bool has_inode(const std::string& journal) {
    const auto dash = journal.rfind('-');
    return dash != std::string::npos && dash + 1 < journal.size() &&
           journal.find_first_not_of("0123456789", dash + 1) == std::string::npos;
}

}  // namespace

DeviceMounts::DeviceMounts(const HostRoots& roots, const DeviceSystem& system,
                           const std::map<std::string, std::string>& namespaces, DeviceTree& tree)
    : roots_(roots), system_(system), tree_(tree) {
    mounts_ = parse_mountinfo(read_file(roots.proc / "self/mountinfo").value_or(""));
    std::error_code none;
    const std::string ours = fs::read_symlink(roots.proc / "self/ns/mnt", none).string();
    for (const auto& [space, pid] : namespaces) {
        if (space != ours) {
            std::ranges::move(parse_mountinfo(read_file(roots.proc / pid / "mountinfo").value_or(""), pid),
                              std::back_inserter(mounts_));
        }
    }
    read_sets_of_disks();
    for (const Mount& mount : mounts_) {
        if (mount.source.starts_with("/dev/") && !tree_.find(mount.filesystem)) {
            if (const auto device = tree_.find_node(system_, injected(roots_, mount.source))) {
                add_anonymous(mount.filesystem, *device);
            }
        }
    }
}

void DeviceMounts::add_anonymous(DeviceNumber filesystem, std::size_t device) {
    tree_.add_anonymous(filesystem, device);
    for (const Set& set : sets_) {
        if (std::ranges::find(set.devices, device) != set.devices.end()) {
            for (const std::size_t other : set.devices) {
                tree_.add_anonymous(filesystem, other);
            }
        }
    }
}

void DeviceMounts::read_sets_of_disks() {
    const fs::path btrfs = roots_.sys / "fs/btrfs";
    for (const std::string& uuid : names_in(btrfs)) {
        Set set{(btrfs / uuid / "devices").string(), {}};
        for (const std::string& name : names_in(set.where)) {
            if (const auto device = tree_.find(name)) {
                set.devices.push_back(*device);
            }
        }
        sets_.push_back(std::move(set));
    }
    const fs::path bcachefs = roots_.sys / "fs/bcachefs";
    for (const std::string& uuid : names_in(bcachefs)) {
        Set set{(bcachefs / uuid).string(), {}};
        for (const std::string& name : names_in(bcachefs / uuid)) {
            const auto number = parse_device_number(line_of(bcachefs / uuid / name / "block/dev"));
            if (const auto device = number ? tree_.find(*number) : std::nullopt) {
                set.devices.push_back(*device);
            }
        }
        sets_.push_back(std::move(set));
    }
}

std::vector<std::size_t> DeviceMounts::devices_of(const Mount& mount) const {
    PathTarget target;
    target.filesystem = mount.filesystem;
    return tree_.devices_of(target);
}

void DeviceMounts::find(const std::vector<fs::path>& evidence, DeviceFindings& findings) const {
    find_root(findings);
    find_evidence(evidence, findings);
    find_mounts(findings);
    find_disks_of_filesystems(findings);
    find_journals(findings);
    find_swaps(findings);
}

void DeviceMounts::find_mounts(DeviceFindings& findings) const {
    constexpr std::size_t kTold = 7;  // of each filesystem
    std::set<DeviceNumber> ours;
    std::map<std::pair<DeviceNumber, bool>, std::size_t> there_are;
    for (const Mount& mount : mounts_) {
        ++there_are[{mount.filesystem, mount.pid.empty()}];
    }
    std::map<std::pair<DeviceNumber, bool>, std::size_t> seen;
    for (const Mount& mount : mounts_) {
        const bool elsewhere = !mount.pid.empty();
        if (!elsewhere) {
            ours.insert(mount.filesystem);
        } else if (ours.contains(mount.filesystem)) {
            continue;  // a copy of a mount of ours
        }
        const std::pair<DeviceNumber, bool> which{mount.filesystem, !elsewhere};
        const std::size_t before = seen[which]++;
        if (before > kTold) {
            continue;
        }
        const std::size_t more = there_are[which] - before;
        const std::string others = before == kTold && more > 1 ? fmt::format(", and {} more", more - 1) : "";
        const std::string list = (roots_.proc / (elsewhere ? mount.pid : "self") / "mountinfo").string();
        for (const std::size_t device : devices_of(mount)) {
            const std::string name = tree_.at(device).name;
            if (elsewhere) {
                findings.add_downwards(device, DeviceReason::mounted_elsewhere,
                                       fmt::format("{}: {} on {} ({}){}, in the mount namespace of process {} only",
                                                   list, name, mount.where, mount.type, others, mount.pid),
                                       fmt::format("{} umount {}", mount.pid, shell_quoted(mount.where)));
            } else {
                findings.add_downwards(device, DeviceReason::mounted,
                                       fmt::format("{}: {} on {} ({}){}", list, name, mount.where, mount.type, others),
                                       shell_quoted(mount.where));
            }
        }
        for (const std::string& path : devices_in(mount.options)) {
            if (const auto device = tree_.find_node(system_, injected(roots_, path))) {
                findings.add_downwards(*device, DeviceReason::journal_in_use,
                                       fmt::format("{}: {} of {} uses {}", list, mount.type, mount.where, path));
            }
        }
    }
}

void DeviceMounts::find_disks_of_filesystems(DeviceFindings& findings) const {
    for (const Set& set : sets_) {
        for (const std::size_t device : set.devices) {
            findings.add_downwards(
                device, DeviceReason::filesystem_disk,
                fmt::format("{}: {}, one of {}", set.where, tree_.at(device).name, set.devices.size()),
                fmt::format("btrfs device remove {} MOUNTPOINT", findings.path_of(device).string()));
        }
    }
}

void DeviceMounts::find_journals(DeviceFindings& findings) const {
    const fs::path journals = roots_.proc / "fs/jbd2";
    for (const std::string& name : names_in(journals)) {
        const auto device = has_inode(name) ? std::nullopt : tree_.find(name);
        if (device) {
            findings.add_downwards(*device, DeviceReason::journal_in_use,
                                   fmt::format("{}: the journal of a mounted file system", (journals / name).string()));
        }
    }
}

void DeviceMounts::find_swaps(DeviceFindings& findings) const {
    const fs::path list = roots_.proc / "swaps";
    for (const SwapDevice& swap : parse_swaps(read_file(list).value_or(""))) {
        const std::string& path = swap.name;
        if (const auto target = system_.look_at(AT_FDCWD, injected(roots_, path).c_str())) {
            for (const std::size_t device : tree_.devices_of(*target)) {
                findings.add_downwards(device, DeviceReason::swap,
                                       fmt::format("{}: {}, on {}", list.string(), path, tree_.at(device).name),
                                       shell_quoted(path));
            }
        }
    }
    const fs::path resume = roots_.sys / "power/resume";
    const auto number = parse_device_number(line_of(resume));
    if (const auto device = number ? tree_.find(*number) : std::nullopt) {
        findings.add_downwards(*device, DeviceReason::resume, fmt::format("{}: {}", resume.string(), text(*number)),
                               resume.string());
    }
}

std::vector<std::size_t> DeviceMounts::whole_disks_below(std::size_t device) const {
    std::vector<std::size_t> disks;
    for (const std::size_t each : tree_.downwards(device)) {
        if (tree_.at(each).below.empty()) {
            disks.push_back(each);
        }
    }
    return disks;
}

void DeviceMounts::share_disks(const std::vector<std::size_t>& with, DeviceReason reason, const std::string& whose,
                               const std::string& subject, DeviceFindings& findings) const {
    std::set<std::size_t> theirs;
    for (const std::size_t device : with) {
        for (const std::size_t disk : whole_disks_below(device)) {
            theirs.insert(disk);
        }
    }
    for (std::size_t i = 0; !theirs.empty() && i < tree_.all().size(); ++i) {
        for (const std::size_t disk : whole_disks_below(i)) {
            if (theirs.contains(disk)) {
                findings.add(i, reason,
                             fmt::format("{} is on {}{}", whose, tree_.at(disk).name,
                                         i == disk ? "" : ", which it lies on, too"),
                             subject);
            }
        }
    }
}

void DeviceMounts::find_root(DeviceFindings& findings) const {
    std::vector<std::size_t> devices;
    for (const Mount& mount : mounts_) {
        if (mount.where == "/" && mount.pid.empty()) {
            std::ranges::copy(devices_of(mount), std::back_inserter(devices));
        }
    }
    for (const Mount& mount : parse_mountinfo(read_file(roots_.proc / "1/mountinfo").value_or(""), "1")) {
        if (mount.where == "/") {
            std::ranges::copy(devices_of(mount), std::back_inserter(devices));
        }
    }
    share_disks(devices, DeviceReason::root, "the root file system", "", findings);
}

void DeviceMounts::find_evidence(const std::vector<fs::path>& evidence, DeviceFindings& findings) const {
    for (const fs::path& path : evidence) {
        const auto target = system_.look_at(AT_FDCWD, path.c_str());
        if (target) {
            share_disks(tree_.devices_of(*target), DeviceReason::evidence, "evidence (" + path.string() + ")",
                        path.string(), findings);
        }
    }
}

}  // namespace blkhang
