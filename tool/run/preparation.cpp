// SPDX-License-Identifier: GPL-2.0-only
#include "run/preparation.h"

#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "kernels/swap_owner.h"
#include "load/trigger.h"
#include "load/user_disk.h"
#include "stage/mounts.h"

namespace blkhang {
namespace {

void append(std::vector<std::string>& list, std::vector<std::string> more) {
    for (auto& one : more) {
        list.push_back(std::move(one));
    }
}

std::vector<std::string> missing_means(const Profile& profile, const Site& site) {
    std::vector<std::string> lacks;
    if (profile.pressure.vm > 0 && !is_there(site.terms().stress_ng)) {
        lacks.push_back(fmt::format("stress-ng is not in {}", site.terms().name));
    }
    if (profile.kvm.guests > 0 && !is_there(site.terms().guests.qemu)) {
        lacks.push_back(
            fmt::format("qemu-system-x86_64, for the virtual machines of the load, is not in {}", site.terms().name));
    }
    if (!is_there(site.staging().roots.proc() / "swaps")) {
        lacks.emplace_back("this kernel cannot swap (CONFIG_SWAP)");
    }
    return lacks;
}

/// In whatever hierarchy. Where the kernel does not tell, as most have them.
bool has_memory_groups(const CgroupTree& ours, const Roots& roots, std::string_view release) {
    return ours.has_memory() || has_controller(roots, "memory") || !lists_each_controller(release);
}

}  // namespace

Preparation prepare(const Profile& profile, Site& site, std::string_view release) {
    std::vector<std::string> lacks;
    const auto version = site.provide_cgroups(profile.cgroup.version);
    if (!version) {
        lacks.push_back(version.error().message());
    }
    auto lacking_for_disks = site.provide_disks(profile, [&](int socket, int backing) {
        return start_server(site.staging().ledger, socket, backing, profile);
    });
    if (!lacking_for_disks) {
        return {{}, nullptr, fail(lacking_for_disks.error())};
    }
    append(lacks, std::move(*lacking_for_disks));
    append(lacks, missing_means(profile, site));
    if (!version) {
        return {std::move(lacks), nullptr, fail(version.error())};
    }
    auto tree = CgroupTree::open(site.staging().ledger, site.cgroup_library(), *version, site.terms().cgroup);
    if (!tree) {
        return {std::move(lacks), nullptr, fail(tree.error())};
    }
    auto cgroups = std::make_unique<const CgroupTree>(std::move(*tree));
    auto load = find_load_site(profile, site, *cgroups);
    if (load) {
        load->swap_is_submitters =
            swap_belongs_to_submitter(release, has_memory_groups(*cgroups, site.staging().roots, release));
        for (const auto& trigger : profile.triggers) {
            append(lacks, reasons_against(trigger, *load));
        }
        for (const auto& knob : missing_knobs(*version, load->throttles, load->cgroup)) {
            lacks.push_back(fmt::format("this kernel has no {} (CONFIG_BLK_DEV_THROTTLING)", knob));
        }
    }
    return {std::move(lacks), std::move(cgroups), std::move(load)};
}

}  // namespace blkhang
