// SPDX-License-Identifier: GPL-2.0-only
#include "profile/consistency.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/few_of.h"
#include "base/sizes.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint32_t kMostSwapDisks = 24;  // with the data disk: slots of the guest's PCI bus, names of one letter

}  // namespace

Status check_consistency(const Profile& profile) {
    std::vector<std::string> problems;
    const auto demand = [&](bool holds, std::string problem) {
        if (!holds) {
            problems.push_back(std::move(problem));
        }
    };
    const auto& writers = profile.writers;
    demand(writers.block % kSector == 0, fmt::format("writers.block ({}) is not a multiple of 512", writers.block));
    demand(writers.span % writers.block == 0, fmt::format("writers.span ({}) is not a multiple of writers.block ({})",
                                                          format_size(writers.span), format_size(writers.block)));
    demand(writers.count == 0 || writers.span <= profile.guest.data_disk / writers.count,
           fmt::format("{} writers of {} (writers.count, writers.span) do not fit guest.data_disk ({})", writers.count,
                       format_size(writers.span), format_size(profile.guest.data_disk)));
    const auto& kvm = profile.kvm;
    demand(kvm.block % kSector == 0, fmt::format("kvm.block ({}) is not a multiple of 512", kvm.block));
    demand(kvm.disk % kvm.block == 0, fmt::format("kvm.disk ({}) is not a multiple of kvm.block ({})",
                                                  format_size(kvm.disk), format_size(kvm.block)));
    demand(kvm.guests == 0 ||
               kvm.disk <= (profile.guest.data_disk - std::min(profile.guest.data_disk, writers.span * writers.count)) /
                               kvm.guests,
           fmt::format("{} virtual machines of {} (kvm.guests, kvm.disk) and {} writers of {} do not fit "
                       "guest.data_disk ({})",
                       kvm.guests, format_size(kvm.disk), writers.count, format_size(writers.span),
                       format_size(profile.guest.data_disk)));
    demand((profile.pressure.vm == 0) == (profile.pressure.vm_bytes == 0),
           "pressure.vm and pressure.vm_bytes: set both or neither");
    demand(profile.guest.possible_cpus >= profile.guest.cpus,
           fmt::format("guest.possible_cpus ({}) is below guest.cpus ({})", profile.guest.possible_cpus,
                       profile.guest.cpus));
    demand(profile.guest.data_disk % kSector == 0,
           fmt::format("guest.data_disk ({}) is not a multiple of 512", profile.guest.data_disk));
    demand(profile.swap.size % kSector == 0, fmt::format("swap.size ({}) is not a multiple of 512", profile.swap.size));
    demand(profile.swap.device == SwapKind::virtio || profile.swap.disks == 1,
           fmt::format("swap.disks ({}) must be 1 unless swap.device is virtio", profile.swap.disks));
    demand(profile.swap.disks + profile.swap.spare <= kMostSwapDisks,
           fmt::format("{} swap disks and {} spare ones (swap.disks, swap.spare): a guest has room for {} in all",
                       profile.swap.disks, profile.swap.spare, kMostSwapDisks));
    demand(profile.triggers.size() <= kMaxTriggers,
           fmt::format("{} triggers, but a run has room for {}", profile.triggers.size(), kMaxTriggers));
    std::set<std::string> names;
    for (const Trigger& trigger : profile.triggers) {
        demand(names.insert(trigger.name).second, fmt::format("two triggers are named '{}'", trigger.name));
        demand(trigger.disk != TriggerDisk::fresh || profile.swap.spare > 0,
               fmt::format("trigger '{}' wants fresh disks, but swap.spare is 0", trigger.name));
        demand(trigger.disk != TriggerDisk::fresh || trigger.phase == TriggerPhase::load,
               fmt::format("trigger '{}': no disk is fresh any more before the load", trigger.name));
        for (const std::string& value : trigger.trials) {
            demand(std::ranges::find(trigger.values, value) != trigger.values.end(),
                   fmt::format("trigger '{}': '{}' is among its trials but not among its values", trigger.name, value));
        }
    }
    for (const CoverageWhere& where : profile.coverage_where) {
        demand(!where.coverage.empty(),
               fmt::format("coverage_where {} = {} demands nothing", where.fingerprint, where.value));
    }
    demand(std::count_if(profile.triggers.begin(), profile.triggers.end(),
                         [](const Trigger& trigger) { return trigger.disk == TriggerDisk::fresh; }) <= 1,
           "several triggers want fresh disks; one may");
    if (problems.empty()) {
        return {};
    }
    return fail(Fault::usage,
                fmt::format("profile '{}': {}", profile.name, fmt::join(few_of(std::move(problems)), "; ")));
}

}  // namespace blkhang
