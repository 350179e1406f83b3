// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "machine/device_header.h"
#include "stage/site.h"

namespace blkhang {

/// Disks that the user named and that carry blkhang's header for a load: names under /dev.
struct NamedDisks {
    std::string data;
    std::vector<std::string> swap;  ///< the last ones are the spare ones, if the profile wants such
};
/// Disks that keep their data in the kernel's own memory (null_blk), made for the run.
struct NullDisks {};
/// Loop disks over files in this directory, made for the run.
struct FileDisks {
    std::filesystem::path directory;
};
using HostDisks = std::variant<NamedDisks, NullDisks, FileDisks>;

/// Where on this host the load's groups are: below a group that is left to us.
struct CgroupPlace {
    CgroupVersion version = CgroupVersion::v2;
    std::string group;  ///< its path below the mounts
};

/// This host, which belongs to somebody: no CPU is touched, nothing but configfs is mounted, every change is told to be
/// undone, and the ends of disks, where headers are, are left alone.
class HostSite final : public Site {
public:
    HostSite(const Staging& staging, CgroupLibrary& library, HostDisks disks, const CgroupPlace& place,
             std::filesystem::path stress_ng, GuestMeans guests = {}, Healing healing = Healing::forbidden)
        : Site(staging, library,
               {.name = "this host",
                .stress_ng = std::move(stress_ng),
                .cgroup = place.group + "/load",
                .healing = healing,
                .margin = kDeviceDataOffset,
                .prepared = std::holds_alternative<NamedDisks>(disks),
                .guests = std::move(guests)}),
          disks_(std::move(disks)),
          version_(place.version) {}

    /// Of those that are made, nothing before they are.
    [[nodiscard]] SiteDisks disks(const Profile& profile) const override;
    Result<CgroupVersion> provide_cgroups(CgroupVersion wanted) override;
    Result<std::vector<std::string>> provide_disks(const Profile& profile, const ServeDisk& serve) override;
    Status provide_cpus() override { return {}; }

private:
    HostDisks disks_;
    CgroupVersion version_;
    SiteDisks made_;
};

}  // namespace blkhang
