// SPDX-License-Identifier: GPL-2.0-only
#include "stage/guest_disks.h"

#include <string>

#include <fmt/format.h>

#include "stage/null_disk.h"
#include "stage/user_disk.h"

namespace blkhang {

GuestDisks guest_disks(const Profile& profile) {
    GuestDisks disks;
    const auto add = [&](std::uint64_t size) {
        disks.sizes.push_back(size);
        return fmt::format("vd{}", static_cast<char>('a' + disks.sizes.size() - 1));
    };
    disks.data = add(profile.guest.data_disk);
    if (profile.swap.device == SwapKind::null_blk) {
        disks.swap.emplace_back(kNullDisk);
    } else if (profile.swap.device == SwapKind::nbd) {
        disks.swap.emplace_back(kUserDisk);
        disks.behind_swap.push_back(add(profile.swap.size));
    } else {
        for (std::uint32_t i = 0; i < profile.swap.disks; ++i) {
            disks.swap.push_back(add(profile.swap.size));
        }
    }
    for (std::uint32_t i = 0; i < profile.swap.spare; ++i) {
        disks.spare.push_back(add(profile.swap.size));
    }
    return disks;
}

}  // namespace blkhang
