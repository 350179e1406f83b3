// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "stage/cgroup_library.h"
#include "stage/guest_means.h"
#include "stage/staging.h"
#include "stage/user_disk.h"

namespace blkhang {

/// Which tasks of a proven deadlock may get SIGKILL, to find out whether that ends it?
enum class Healing {
    allowed,    ///< all but init, and who watches
    own,        ///< those of the session of who watches, to which nobody but the load belongs
    forbidden,  ///< none
};

/// What is so at a site from the beginning.
struct SiteTerms {
    std::string name;                 ///< in sentences: "the guest"
    std::filesystem::path stress_ng;  ///< the program that presses for memory
    std::string cgroup;               ///< the group above all of the load's: its path below the mounts
    Healing healing;
    std::uint64_t margin = 0;  ///< bytes at either end of each disk that no load writes to
    bool prepared = false;     ///< the disks carry blkhang's header, by which they are known
    GuestMeans guests = {};    ///< for virtual machines of the load
};

/// Disks under /dev, by what they are for.
struct SiteDisks {
    std::string data;
    std::vector<std::string> swap;
    std::vector<std::string> behind_swap;  ///< what a process serves the swap disk from
    std::vector<std::string> spare;
};

/// Where the load runs and what may be changed there. What it takes to have cgroups and disks there is its own
/// business; who prepares a load calls its steps in the order in which they stand here.
class Site {
public:
    Site(const Staging& staging, CgroupLibrary& library, SiteTerms terms)
        : staging_(staging), library_(library), terms_(std::move(terms)) {}
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;
    virtual ~Site() = default;

    [[nodiscard]] const Staging& staging() const { return staging_; }
    [[nodiscard]] CgroupLibrary& cgroup_library() const { return library_; }
    [[nodiscard]] const SiteTerms& terms() const { return terms_; }
    /// Which are for what; they may not be there yet.
    [[nodiscard]] virtual SiteDisks disks(const Profile& profile) const = 0;

    /// Sees to it that there is a cgroup hierarchy of this version. Automatic takes v2 when it has the controllers.
    /// Returns the version that there is.
    virtual Result<CgroupVersion> provide_cgroups(CgroupVersion wanted) = 0;
    /// Makes the disks that are not there by themselves. Returns all that is lacking for them to be, not only the
    /// first. An error: they could be had here, and something went wrong, such as a full disk.
    virtual Result<std::vector<std::string>> provide_disks(const Profile& profile, const ServeDisk& serve) = 0;
    /// To be called when all that patches the kernel's code is over: modules, probes, the first cgroup and throttle.
    virtual Status provide_cpus() = 0;

private:
    Staging staging_;
    CgroupLibrary& library_;
    SiteTerms terms_;
};

}  // namespace blkhang
