// SPDX-License-Identifier: GPL-2.0-only
#include "stage/load_site.h"

#include <algorithm>
#include <utility>

namespace blkhang {

Result<LoadSite> find_load_site(const Profile& profile, const Site& site, const CgroupTree& cgroups) {
    const Roots& roots = site.staging().roots;
    const auto names = site.disks(profile);
    auto data = find_disk(roots, names.data);
    auto swap = find_disks(roots, names.swap);
    auto spare = find_disks(roots, names.spare);
    for (const auto* failed :
         {data ? nullptr : &data.error(), swap ? nullptr : &swap.error(), spare ? nullptr : &spare.error()}) {
        if (failed != nullptr) {
            return fail(*failed);
        }
    }
    const auto take_terms = [&](Disk& disk) {
        disk.margin = site.terms().margin;
        disk.prepared = site.terms().prepared;
    };
    take_terms(*data);
    std::ranges::for_each(*swap, take_terms);
    std::ranges::for_each(*spare, take_terms);
    LoadSite found{.staging = &site.staging(),
                   .stress_ng = site.terms().stress_ng,
                   .guests = site.terms().guests,
                   .data_disk = std::move(*data),
                   .swap_disks = std::move(*swap),
                   .spare_disks = std::move(*spare),
                   .throttles = {},
                   .cgroups = &cgroups,
                   .cgroup = cgroups.directory()};
    found.throttles.push_back({found.data_disk.number, profile.throttle.data});
    for (const auto& disk : found.swap_disks) {
        found.throttles.push_back({disk.number, profile.throttle.swap});
    }
    return found;
}

}  // namespace blkhang
