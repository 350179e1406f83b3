// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <vector>

#include "profile/profile.h"
#include "stage/site.h"

namespace blkhang {

/// The disks that a profile wants of a guest: names as the guest sees them (vda, vdb ...), sizes in bytes.
struct GuestDisks : SiteDisks {
    std::vector<std::uint64_t> sizes;  ///< of all that the guest is given, in the order of their names
};
GuestDisks guest_disks(const Profile& profile);

}  // namespace blkhang
