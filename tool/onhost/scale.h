// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// What of a machine a load has to be measured by.
struct MachineSize {
    std::uint32_t cpus = 1;
    std::uint64_t memory_available = 0;  ///< bytes
    std::uint64_t swap = 0;              ///< bytes of the disks that the load swaps to
};

/// The most writers that a load has, however many CPUs there are.
inline constexpr std::uint32_t kMostWriters = 1000;

/// The profile as a machine of this size needs it, since what profiles say of numbers is for a guest of 256 MiB: as
/// many throttled writers as CPUs, if it has any, and pressure that makes memory short, if it has any: 1.4 times what
/// is available together with the churn. Fault::unsupported if the swap disks have no room for what does not fit.
Result<Profile> scaled(const Profile& profile, const MachineSize& machine);

}  // namespace blkhang
