// SPDX-License-Identifier: GPL-2.0-only
#include "stage/guest_site.h"

#include <fmt/format.h>

#include "base/file.h"
#include "stage/cpus.h"
#include "stage/guest_disks.h"
#include "stage/mounts.h"
#include "stage/null_disk.h"

namespace blkhang {

SiteDisks GuestSite::disks(const Profile& profile) const { return guest_disks(profile); }

Result<CgroupVersion> GuestSite::provide_cgroups(CgroupVersion wanted) { return mount_cgroups(staging(), wanted); }

Result<std::vector<std::string>> GuestSite::provide_disks(const Profile& profile, const ServeDisk& serve) {
    std::vector<std::string> lacks;
    const auto names = disks(profile);
    if (profile.swap.device == SwapKind::null_blk) {
        if (auto made = make_null_disk(staging(), profile.swap.size); !made) {
            lacks.push_back(made.error().message());
        }
    }
    std::vector<std::string> all{names.data};
    for (const auto* kind : {&names.swap, &names.behind_swap, &names.spare}) {
        all.insert(all.end(), kind->begin(), kind->end());
    }
    for (const auto& disk : all) {
        if (disk != kNullDisk && !is_there(staging().roots.dev() / disk)) {
            lacks.push_back(fmt::format("there is no disk {} (is the virtio_blk driver built?)", disk));
        }
    }
    for (const auto& disk : names.behind_swap) {
        if (auto connected = connect_user_disk(staging(), staging().roots.dev() / disk, serve); !connected) {
            lacks.push_back(connected.error().message());
        }
    }
    return lacks;
}

Status GuestSite::provide_cpus() { return online_cpus(staging()); }

}  // namespace blkhang
