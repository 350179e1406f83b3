// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/cgroups.h"
#include "stage/disk.h"
#include "stage/site.h"

namespace blkhang {

/// What the load gets of a site.
struct LoadSite {
    const Staging* staging;  ///< for what triggers change
    std::filesystem::path stress_ng;
    GuestMeans guests = {};  ///< for virtual machines of the load
    Disk data_disk;
    std::vector<Disk> swap_disks;
    std::vector<Disk> spare_disks;        ///< with a swap area, but not swapped to yet
    std::vector<DiskThrottle> throttles;  ///< for every cgroup of the load
    const CgroupTree* cgroups;
    std::filesystem::path cgroup;  ///< directory of our own group
    /// The bio by which a process swaps belongs to its own group, and not to that of the page: on kernels before 4.19
    /// (kernels/swap_owner.h), and without any memory controller (mm/page_io.c, bio_associate_blkg_from_page()).
    bool swap_is_submitters = false;
};

/// Finds it, and changes nothing. Of the swap disks only those that are there: of the others the site has told when it
/// was to provide them. It refers to the site and to the cgroups.
Result<LoadSite> find_load_site(const Profile& profile, const Site& site, const CgroupTree& cgroups);

}  // namespace blkhang
