// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/situation.h"

#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <variant>

#include <fmt/format.h>

#include "base/file.h"
#include "base/program.h"
#include "machine/block_path.h"
#include "machine/device_claim.h"
#include "machine/device_header.h"
#include "machine/disk_queue.h"
#include "machine/host_reader.h"
#include "machine/logged_in.h"
#include "machine/pid_namespace.h"

namespace blkhang {
namespace {

/// As it would be claimed for the run; nothing is kept.
GivenDisk look_at_disk(const std::string& name, const HostRoots& roots) {
    GivenDisk disk;
    disk.name = name;
    const auto claim = claim_prepared_device(roots.dev / name, DevicePurpose::load, roots);
    if (!claim) {
        disk.objections = claim.error().messages();
        return disk;
    }
    disk.number = text(claim->number);
    disk.size = claim->size;
    return disk;
}

void look_at_queue(GivenDisk& disk, HostReader& reader) {
    const auto queue = read_disk_queue(reader, disk.name);
    disk.number = queue.number.empty() ? disk.number : queue.number;
    disk.throttles_writeback = queue.wbt_lat_us.value_or(0) > 0;
}

/// Whose queue the IO of a directory's files comes to.
std::vector<GivenDisk> disks_below(const std::filesystem::path& directory, HostReader& reader) {
    std::vector<GivenDisk> disks;
    for (const auto& name : follow_path(reader, directory).queues) {
        GivenDisk disk;
        disk.name = name;
        look_at_queue(disk, reader);
        disks.push_back(std::move(disk));
    }
    return disks;
}

bool takes_no_writes(const std::filesystem::path& path) {
    struct statvfs found {};
    return ::statvfs(path.c_str(), &found) == 0 && (found.f_flag & ST_RDONLY) != 0;
}

/// The mount of control groups that limit IO; none where this host has no such.
const CgroupMount* block_groups(const HostFacts& facts) {
    const auto has = [](const CgroupMount& mount, const char* controller) {
        return std::ranges::find(mount.controllers, controller) != mount.controllers.end();
    };
    const auto mount = std::ranges::find_if(facts.cgroups, [&](const CgroupMount& one) {
        return one.version == 2 ? has(one, "io") && has(one, "memory") : has(one, "blkio");
    });
    return mount == facts.cgroups.end() ? nullptr : &*mount;
}

/// Where a run changes files of the kernel's.
std::vector<std::string> read_only_trees(const CgroupMount* groups, const HostRoots& roots) {
    std::vector<std::string> trees;
    if (takes_no_writes(roots.sys)) {
        trees.emplace_back("/sys");
    }
    if (takes_no_writes(roots.proc / "sys")) {
        trees.emplace_back("/proc/sys");
    }
    if (groups != nullptr && takes_no_writes(roots.sys / groups->path.lexically_relative("/sys"))) {
        trees.push_back(groups->path.string());
    }
    return trees;
}

}  // namespace

MachineSize size_for(const HostRunRequest& request, const HostSituation& situation) {
    MachineSize size;
    size.cpus = situation.cpus;
    size.kvm = situation.kvm;
    size.memory_available = request.memory_budget == 0 ? situation.memory_available
                                                       : std::min(situation.memory_available, request.memory_budget);
    if (std::holds_alternative<NamedDisks>(request.disks)) {
        const auto swapped_to =
            situation.disks.size() - std::min<std::size_t>(situation.disks.size(), 1 + request.profile.swap.spare);
        if (!situation.disks.empty() && situation.disks.front().size > 2 * kDeviceDataOffset) {
            size.data = situation.disks.front().size - 2 * kDeviceDataOffset;
        }
        for (std::size_t i = 1; i <= swapped_to; ++i) {  // data first, spare ones last
            size.swap += situation.disks[i].size;
        }
    } else {
        size.swap = request.profile.swap.disks * request.profile.swap.size;
    }
    return size;
}

HostSituation look_at_situation(const HostRunRequest& request, const HostRoots& roots) {
    HostReader reader(roots);
    const auto facts = gather_host_facts(roots);
    HostSituation host;
    host.root = facts.root;
    host.in_container = !has_numbers_of_kernel(roots.proc);
    host.has_systemd = is_there(roots.run / "systemd/system");
    host.has_systemd_run = find_program("systemd-run").has_value();
    const auto* groups = block_groups(facts);
    host.has_block_groups = groups != nullptr;
    host.read_only = read_only_trees(groups, roots);
    host.cpus = std::max(std::thread::hardware_concurrency(), 1U);
    host.memory_available = facts.memory_available;
    host.has_stress_ng = facts.stress_ng.has_value();
    host.has_qemu = facts.qemu.has_value();
    host.kvm = facts.kvm;
    host.running = read_running_programs(reader);
    host.users = logged_in(roots);
    host.watchdogs = read_watchdogs(reader);
    host.limits = read_io_limits(reader, facts.cgroups);
    if (const auto* named = std::get_if<NamedDisks>(&request.disks)) {
        host.disks.push_back(look_at_disk(named->data, roots));
        for (const auto& name : named->swap) {
            host.disks.push_back(look_at_disk(name, roots));
        }
        for (auto& disk : host.disks) {
            look_at_queue(disk, reader);
        }
    }
    if (const auto* files = std::get_if<FileDisks>(&request.disks)) {
        host.below = disks_below(files->directory, reader);
        struct statfs found {};
        if (::statfs(files->directory.c_str(), &found) == 0) {
            host.files_in_memory = found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC;
            host.room_for_files = std::uint64_t{found.f_bavail} * static_cast<std::uint64_t>(found.f_bsize);
        }
    }
    return host;
}

}  // namespace blkhang
