// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/objections.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sizes.h"
#include "onhost/guest_parts.h"

namespace blkhang {
namespace {

/// What a virtual machine is called here: as libvirt or systemd call its group, else by its process.
std::string name_of(const VirtualMachine& machine) {
    return machine.guest.empty() ? std::to_string(machine.pid) : machine.guest;
}

bool is_named(const HostConsent& consent, const VirtualMachine& machine) {
    return std::ranges::any_of(consent.beside, [&](const std::string& name) {
        return name == machine.guest || name == std::to_string(machine.pid);
    });
}

bool resets_by_itself(const HostSituation& situation) {
    return std::ranges::any_of(situation.watchdogs,
                               [](const Watchdog& watchdog) { return watchdog.taken && !watchdog.is_software(); });
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
    if (!situation.has_stress_ng && request.profile.pressure.vm > 0) {
        refuse("stress-ng is not installed (apt install stress-ng)");
    }
    std::ranges::copy(against_guests(profile, situation, request.memory_budget), std::back_inserter(all.refused));
    if (request.profile.pressure.vm > 0 && !request.consent.global_pressure) {
        refuse("this profile makes memory short for all of the host: --global-pressure allows that");
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
        for (const auto& limit : situation.limits) {
            if (limit.number == disk.number) {
                refuse(fmt::format("{} has a limit for {} of its own ({}): {}", limit.group, disk.name, limit.file,
                                   limit.rule));
            }
        }
    }
    if (situation.files_in_memory) {
        refuse(
            "the files of --files would be in memory themselves, where swapping to them frees none and may block any "
            "kernel: name a directory on a disk");
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
    if (!resets_by_itself(situation)) {
        ask("no hardware watchdog is in use: a host that freezes stays so until somebody resets it");
    }
    if (request.evidence.empty()) {
        ask("what is found has no way out of a host that freezes but its console and the record's disk: --journal and "
            "--collector give it one");
    }
    return all;
}

}  // namespace blkhang
