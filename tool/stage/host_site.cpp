// SPDX-License-Identifier: GPL-2.0-only
#include "stage/host_site.h"

#include <algorithm>
#include <cstdint>
#include <functional>

#include <fmt/format.h>

#include "base/file.h"
#include "stage/loop_disk.h"
#include "stage/modules.h"
#include "stage/null_disk.h"

namespace blkhang {
namespace {

/// The names for what a profile wants, from one list of its swap disks: the last ones are the spare ones.
SiteDisks shared_out(std::string data, std::vector<std::string> swap, std::size_t spare) {
    SiteDisks disks;
    disks.data = std::move(data);
    const auto kept = swap.size() - std::min(spare, swap.size());
    disks.spare.assign(swap.begin() + static_cast<std::ptrdiff_t>(kept), swap.end());
    swap.resize(kept);
    disks.swap = std::move(swap);
    return disks;
}

/// What makes one disk for a run: its number among them, its size in bytes. Its name under /dev.
using MakeDisk = std::function<Result<std::string>(std::size_t number, std::uint64_t size)>;

Result<SiteDisks> make_disks(const Profile& profile, const MakeDisk& make) {
    auto data = make(0, profile.guest.data_disk);
    if (!data) {
        return fail(data.error());
    }
    std::vector<std::string> swap;
    while (swap.size() < profile.swap.disks + profile.swap.spare) {
        auto made = make(swap.size() + 1, profile.swap.size);
        if (!made) {
            return fail(made.error());
        }
        swap.push_back(std::move(*made));
    }
    return shared_out(std::move(*data), std::move(swap), profile.swap.spare);
}

}  // namespace

SiteDisks HostSite::disks(const Profile& profile) const {
    if (const auto* named = std::get_if<NamedDisks>(&disks_)) {
        return shared_out(named->data, named->swap, profile.swap.spare);
    }
    return made_;
}

Result<CgroupVersion> HostSite::provide_cgroups(CgroupVersion wanted) {
    if (wanted != CgroupVersion::automatic && wanted != version_) {
        return fail(Fault::unsupported, fmt::format("the block controller of this host is one of cgroup {}",
                                                    version_ == CgroupVersion::v1 ? "v1" : "v2"));
    }
    return version_;
}

Result<std::vector<std::string>> HostSite::provide_disks(const Profile& profile, const ServeDisk& /*serve*/) {
    std::vector<std::string> lacks;
    if (profile.swap.device == SwapKind::nbd) {
        lacks.emplace_back("the profile swaps to a disk that a process serves (nbd), which is only made in guests");
        return lacks;
    }
    Result<SiteDisks> made;
    if (std::holds_alternative<NullDisks>(disks_)) {
        if (auto loaded = load_driver(staging(), "null_blk", "nr_devices=0"); !loaded) {
            lacks.push_back(loaded.error().message());
            return lacks;
        }
        made = make_disks(profile, [&](std::size_t number, std::uint64_t size) {
            return make_null_disk(staging(), fmt::format("blkhang{}", number), size);
        });
    } else if (const auto* files = std::get_if<FileDisks>(&disks_)) {
        if (auto loaded = load_driver(staging(), "loop", "max_loop=0"); !loaded) {
            lacks.push_back(loaded.error().message());
            return lacks;
        }
        made = make_disks(profile, [&](std::size_t number, std::uint64_t size) -> Result<std::string> {
            auto disk = make_loop_disk(staging(), files->directory / fmt::format("disk{}", number), size);
            if (!disk) {
                return fail(disk.error());
            }
            return disk->filename().string();
        });
    }
    if (!made && made.error().fault() != Fault::unsupported) {
        return fail(made.error());
    }
    if (!made) {
        lacks.push_back(made.error().message());
        return lacks;
    }
    made_ = std::move(*made);
    const auto names = disks(profile);
    std::vector<std::string> all{names.data};
    all.insert(all.end(), names.swap.begin(), names.swap.end());
    all.insert(all.end(), names.spare.begin(), names.spare.end());
    for (const auto& disk : all) {
        if (!is_there(staging().roots.dev() / disk)) {
            lacks.push_back(fmt::format("there is no disk {}", disk));
        }
    }
    if (names.swap.empty() || names.spare.size() < profile.swap.spare) {
        lacks.push_back(fmt::format("the profile needs {} disks to swap to", 1 + profile.swap.spare));
    }
    return lacks;
}

}  // namespace blkhang
