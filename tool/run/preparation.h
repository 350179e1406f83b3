// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/cgroups.h"
#include "stage/load_site.h"
#include "stage/site.h"

namespace blkhang {

/// A site as it was found once it had provided what it could.
struct Preparation {
    /// Why the load cannot run there: all reasons, not only the first.
    std::vector<std::string> lacks;
    std::unique_ptr<const CgroupTree> cgroups;  ///< null if there are none; does not move
    Result<LoadSite> load;                      ///< refers to those and to the site
};

/// Has the site provide cgroups and disks, and looks for all that the profile needs. `release` of the kernel that runs.
Preparation prepare(const Profile& profile, Site& site, std::string_view release);

}  // namespace blkhang
