// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/objections.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sizes.h"
#include "guest/scale.h"
#include "watch/watchdog_device.h"

namespace blkhang {
namespace {

bool is_named(const HostConsent& consent, const VirtualMachine& machine) {
    return std::ranges::any_of(consent.beside, [&](const std::string& name) {
        return name == machine.guest || name == std::to_string(machine.pid);
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

}  // namespace

std::string name_of(const VirtualMachine& machine) {
    return machine.guest.empty() ? std::to_string(machine.pid) : machine.guest;
}

Objections objections(const HostRunRequest& request, const Profile& profile, const HostSituation& situation) {
    Objections all;
    const auto refuse = [&](std::string why) { all.refused.push_back(std::move(why)); };
    if (!situation.root) {
        refuse("only root can put a load on a host");
    }
    if (situation.in_container) {
        refuse("this is a container: the kernel is that of its host. Run it there");
    }
    if (!situation.has_systemd) {
        refuse("there is no systemd that leaves a group of its own to the load, and none is made beside it");
    }
    if (situation.has_systemd && !situation.has_systemd_run) {
        refuse("systemd-run is not in PATH, which makes a group that systemd leaves to the load");
    }
    if (!situation.has_block_groups) {
        refuse(
            "this host has no control groups that limit IO: cgroup v2 with the controllers io and memory, or v1 with "
            "blkio (has its kernel been started with cgroup_disable=?)");
    }
    for (const auto& mount : situation.read_only) {
        refuse(fmt::format("{0} is mounted read-only here, and a run changes files there: mount -o remount,rw {0}",
                           mount));
    }
    if (auto why = why_memory_is_too_short(situation); !why.empty()) {
        refuse(std::move(why));
    }
    if (const auto why = why_not_swap_to(request.profile.swap.device, request.disks); !why.empty()) {
        refuse(std::string(why));
    }
    if (!situation.has_stress_ng && request.profile.pressure.vm > 0) {
        refuse("stress-ng is not installed (apt install stress-ng)");
    }
    std::ranges::copy(against_guests(profile, situation, request.memory_budget), std::back_inserter(all.refused));
    if (request.profile.pressure.vm > 0 && !request.consent.global_pressure) {
        refuse("this profile makes memory short for all of the host: --global-pressure allows that");
    }
    if (auto why = why_no_room_to_swap(request, situation); !why.empty()) {
        refuse(std::move(why));
    }
    for (const auto& machine : situation.running.machines) {
        if (!is_named(request.consent, machine)) {
            refuse(fmt::format("the virtual machine {} runs here ({}): --beside {} lets it run on, or stop it",
                               name_of(machine), machine.program, name_of(machine)));
        }
    }
    for (const auto& killer : situation.running.killers) {
        refuse(fmt::format("{} kills processes when memory is short, and not only the load's: stop it meanwhile",
                           killer.name));
    }
    for (const auto& disk : situation.disks) {
        std::ranges::copy(disk.objections, std::back_inserter(all.refused));
        std::ranges::copy(limits_of_others(disk, situation), std::back_inserter(all.refused));
    }
    for (const auto& disk : situation.below) {
        std::ranges::copy(limits_of_others(disk, situation), std::back_inserter(all.refused));
    }
    if (situation.files_in_memory) {
        refuse(
            "the files of --files would be in memory themselves, where swapping to them frees none and may block any "
            "kernel: name a directory on a disk");
    }
    if (auto why = why_no_room_for_files(request, profile, situation); !why.empty() && !situation.files_in_memory) {
        refuse(std::move(why));
    }
    if (!request.watchdog.empty()) {
        const auto watchdog = named_watchdog(request.watchdog, situation.watchdogs);
        if (watchdog == situation.watchdogs.end()) {
            refuse(fmt::format("{} is no watchdog of this host", request.watchdog.string()));
        } else {
            for (const auto& why : reasons_against(*watchdog)) {
                refuse(fmt::format("{}: {}", request.watchdog.string(), why));
            }
        }
    }
    if (request.consent.accepts_freeze) {
        return all;
    }
    const auto ask = [&](std::string what) { all.consents.push_back(std::move(what)); };
    if (!situation.running.machines.empty()) {
        ask("virtual machines run here, and freeze with the host");
    }
    if (!situation.users.empty()) {
        ask(fmt::format("others are logged in: {}", fmt::join(situation.users, ", ")));
    }
    if (!resets_by_itself(request, situation)) {
        ask("no hardware watchdog is in use: a host that freezes stays so until somebody resets it");
    }
    if (request.evidence.empty()) {
        ask("what is found has no way out of a host that freezes but its console and the record's disk: --journal and "
            "--collector give it one");
    }
    return all;
}

}  // namespace blkhang
