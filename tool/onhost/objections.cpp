// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/objections.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/shell.h"
#include "base/sizes.h"
#include "guest/scale.h"
#include "watch/watchdog_device.h"

namespace blkhang {
namespace {

bool is_named(const HostConsent& consent, const VirtualMachine& machine) {
    return std::ranges::any_of(consent.beside, [&](const std::string& name) {
        // Most have no name; an empty one is none of theirs.
        return (!name.empty() && name == machine.guest) || name == std::to_string(machine.pid);
    });
}

/// What others have limited of a disk: it would come into the load's way, or the load into theirs.
std::vector<std::string> limits_of_others(const GivenDisk& disk, const HostSituation& situation) {
    std::vector<std::string> limits;
    for (const auto& limit : situation.limits) {
        if (limit.number == disk.number) {
            limits.push_back(fmt::format("{} has a limit for {} of its own ({}): {}", limit.group, disk.name,
                                         limit.file, limit.rule));
        }
    }
    return limits;
}

/// Why the profile cannot have the kind of disk that it swaps to; empty if it can.
std::string_view why_not_swap_to(SwapKind kind, const HostDisks& disks) {
    switch (kind) {
        case SwapKind::virtio:
            return "";
        case SwapKind::null_blk:
            return std::holds_alternative<NullDisks>(disks)
                       ? ""
                       : "this profile writes to what only a disk of null_blk has: --null-blk makes some";
        case SwapKind::nbd:
            return "this profile swaps to a disk that a process serves (nbd), which is only made in guests";
    }
    return "";
}

/// What is swapped to a disk in memory is in memory still: only a load that is bounded can be pressed that way, and has
/// to leave as much again to what it swaps.
std::string why_no_room_to_swap(const HostRunRequest& request, const HostSituation& situation) {
    const auto most = situation.memory_available / 2;
    if (request.profile.pressure.vm == 0 || !std::holds_alternative<NullDisks>(request.disks) ||
        (request.memory_budget > 0 && request.memory_budget <= most)) {
        return "";
    }
    return fmt::format(
        "the disks of --null-blk are in memory themselves: swapping to them frees none, and would block any kernel. "
        "Bound the load (--memory-budget {} at most), or name other disks",
        format_size(most >> 20U << 20U));
}

/// Before any load: probes, what they tell, and the processes that watch, record and guard. Measured: some 113 MiB
/// (ci/README.md).
constexpr std::uint64_t kOfTheRun = std::uint64_t{128} << 20U;

/// What the run itself needs before its load begins, whoever else has to make room for it.
std::string why_memory_is_too_short(const HostSituation& situation) {
    if (situation.memory_available >= kOfTheRun) {
        return "";
    }
    return fmt::format(
        "{} of memory are available, and a run takes {} before its load begins, which others would have to give up: "
        "end something meanwhile",
        format_size(situation.memory_available >> 20U << 20U), format_size(kOfTheRun));
}

/// Empty if there is room, or no file is to be made.
std::string why_no_room_for_files(const HostRunRequest& request, const Profile& profile,
                                  const HostSituation& situation) {
    const auto* files = std::get_if<FileDisks>(&request.disks);
    const auto wanted = profile.guest.data_disk + (profile.swap.disks + profile.swap.spare) * profile.swap.size;
    if (files == nullptr || !situation.room_for_files || *situation.room_for_files > wanted) {
        return "";
    }
    return fmt::format("the disks of --files take {}, and in {} there are {} free: name a directory with more room",
                       format_size(wanted), files->directory.string(),
                       format_size(*situation.room_for_files >> 20U << 20U));
}

/// The one that is to reset this host; end() if it is not there.
auto named_watchdog(const std::filesystem::path& path, const std::vector<Watchdog>& watchdogs) {
    std::error_code error;
    const auto resolved = std::filesystem::canonical(path, error);
    return std::ranges::find(watchdogs, (error ? path : resolved).filename().string(), &Watchdog::name);
}

bool resets_by_itself(const HostRunRequest& request, const HostSituation& situation) {
    return !request.watchdog.empty() || std::ranges::any_of(situation.watchdogs, [](const Watchdog& watchdog) {
        return watchdog.taken && !watchdog.is_software();
    });
}

/// Why the virtual machines of the load cannot be had here; empty if they can, or are not wanted.
std::vector<std::string> against_guests(const Profile& profile, const HostSituation& situation, std::uint64_t budget) {
    std::vector<std::string> all;
    if (profile.kvm.guests == 0) {
        return all;
    }
    if (!situation.has_qemu) {
        all.emplace_back("QEMU, for the virtual machines of the load, is not installed (apt install qemu-system-x86)");
    }
    const auto room = budget == 0 ? situation.memory_available : std::min(budget, situation.memory_available);
    if (const auto wanted = memory_of_guests(profile); wanted > room) {
        all.push_back(
            fmt::format("{} virtual machines may take {} together, there are {}: --set kvm.guests=N takes fewer, "
                        "--set kvm.boot=sector smaller ones",
                        profile.kvm.guests, format_size(wanted), format_size(room >> 20U << 20U)));
    }
    if (!situation.kvm && situation.cpus < profile.kvm.guests) {
        all.push_back(
            fmt::format("without /dev/kvm {} virtual machines are emulated, which takes a CPU each, and there are "
                        "{}: --set kvm.guests=N takes fewer (modprobe kvm_intel or kvm_amd, or enable "
                        "virtualization in the firmware)",
                        profile.kvm.guests, situation.cpus));
    }
    return all;
}

using Reasons = std::vector<std::string>;

void add(Reasons& all, std::string reason) {
    if (!reason.empty()) {
        all.push_back(std::move(reason));
    }
}

/// What the host lacks for any load.
Reasons against_host(const HostSituation& situation) {
    Reasons all;
    if (!situation.root) {
        add(all, "only root can put a load on a host");
    }
    if (situation.in_container) {
        add(all, "this is a container: the kernel is that of its host. Run it there");
    }
    if (!situation.has_systemd) {
        add(all, "there is no systemd that leaves a group of its own to the load, and none is made beside it");
    }
    if (situation.has_systemd && !situation.has_systemd_run) {
        add(all, "systemd-run is not in PATH, which makes a group that systemd leaves to the load");
    }
    if (!situation.has_block_groups) {
        add(all,
            "this host has no control groups that limit IO: cgroup v2 with the controllers io and memory, or v1 with "
            "blkio (has its kernel been started with cgroup_disable=?)");
    }
    for (const auto& mount : situation.read_only) {
        add(all, fmt::format("{0} is mounted read-only here, and a run changes files there: mount -o remount,rw {0}",
                             mount));
    }
    add(all, why_memory_is_too_short(situation));
    return all;
}

/// What of this load cannot be had, or was not allowed.
Reasons against_load(const HostRunRequest& request, const Profile& profile, const HostSituation& situation) {
    Reasons all;
    add(all, std::string(why_not_swap_to(request.profile.swap.device, request.disks)));
    if (!situation.has_stress_ng && request.profile.pressure.vm > 0) {
        add(all, "stress-ng is not installed (apt install stress-ng)");
    }
    std::ranges::copy(against_guests(profile, situation, request.memory_budget), std::back_inserter(all));
    if (request.profile.pressure.vm > 0 && !request.consent.global_pressure) {
        add(all, "this profile makes memory short for all of the host: --global-pressure allows that");
    }
    add(all, why_no_room_to_swap(request, situation));
    return all;
}

/// Who else is here.
Reasons against_others(const HostConsent& consent, const HostSituation& situation) {
    Reasons all;
    for (const auto& machine : situation.running.machines) {
        if (!is_named(consent, machine)) {
            add(all, fmt::format("the virtual machine {} runs here ({}): --beside {} lets it run on, or stop it",
                                 name_of(machine), machine.program, shell_quoted(name_of(machine))));
        }
    }
    for (const auto& killer : situation.running.killers) {
        add(all, fmt::format("{} kills processes when memory is short, and not only the load's: stop it meanwhile",
                             killer.name));
    }
    return all;
}

Reasons against_disks(const HostRunRequest& request, const Profile& profile, const HostSituation& situation) {
    Reasons all;
    for (const auto& disk : situation.disks) {
        std::ranges::copy(disk.objections, std::back_inserter(all));
        std::ranges::copy(limits_of_others(disk, situation), std::back_inserter(all));
    }
    for (const auto& disk : situation.below) {
        std::ranges::copy(limits_of_others(disk, situation), std::back_inserter(all));
    }
    add(all, situation.files_in_memory
                 ? "the files of --files would be in memory themselves, where swapping to them frees none and may "
                   "block any kernel: name a directory on a disk"
                 : why_no_room_for_files(request, profile, situation));
    return all;
}

Reasons against_watchdog(const std::filesystem::path& path, const std::vector<Watchdog>& watchdogs) {
    Reasons all;
    if (path.empty()) {
        return all;
    }
    const auto watchdog = named_watchdog(path, watchdogs);
    if (watchdog == watchdogs.end()) {
        add(all, fmt::format("{} is no watchdog of this host", path.string()));
        return all;
    }
    for (const auto& why : reasons_against(*watchdog)) {
        add(all, fmt::format("{}: {}", path.string(), why));
    }
    return all;
}

/// What somebody has to accept.
Reasons to_accept(const HostRunRequest& request, const HostSituation& situation) {
    Reasons all;
    if (!situation.running.machines.empty()) {
        add(all, "virtual machines run here, and freeze with the host");
    }
    if (!situation.users.empty()) {
        add(all, fmt::format("others are logged in: {}", fmt::join(situation.users, ", ")));
    }
    if (!resets_by_itself(request, situation)) {
        add(all, "no hardware watchdog is in use: a host that freezes stays so until somebody resets it");
    }
    if (request.evidence.empty()) {
        add(all,
            "what is found has no way out of a host that freezes but its console and the record's disk: --journal and "
            "--collector give it one");
    }
    return all;
}

}  // namespace

std::string name_of(const VirtualMachine& machine) {
    return machine.guest.empty() ? std::to_string(machine.pid) : machine.guest;
}

Objections objections(const HostRunRequest& request, const Profile& profile, const HostSituation& situation) {
    Objections all;
    for (const Reasons& reasons :
         {against_host(situation), against_load(request, profile, situation),
          against_others(request.consent, situation), against_disks(request, profile, situation),
          against_watchdog(request.watchdog, situation.watchdogs)}) {
        std::ranges::copy(reasons, std::back_inserter(all.refused));
    }
    if (!request.consent.accepts_freeze) {
        all.consents = to_accept(request, situation);
    }
    return all;
}

}  // namespace blkhang
