// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <utility>

#include "stage/site.h"

namespace blkhang {

/// A guest that is thrown away: this program is its only user space, and everything in it may be changed.
class GuestSite final : public Site {
public:
    GuestSite(const Staging& staging, CgroupLibrary& library, std::filesystem::path stress_ng = "/usr/bin/stress-ng",
              GuestMeans guests = {})
        : Site(staging, library,
               {.name = "the guest",
                .stress_ng = std::move(stress_ng),
                .cgroup = "blkhang",
                .healing = Healing::allowed,
                .guests = std::move(guests)}) {}

    [[nodiscard]] SiteDisks disks(const Profile& profile) const override;
    Result<CgroupVersion> provide_cgroups(CgroupVersion wanted) override;
    Result<std::vector<std::string>> provide_disks(const Profile& profile, const ServeDisk& serve) override;
    /// Brings up the CPUs that the kernel command line held back. They stay down until then because QEMU's
    /// multi-threaded emulation can run stale code while the kernel patches itself under a second CPU's feet.
    Status provide_cpus() override;
};

}  // namespace blkhang
