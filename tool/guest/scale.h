// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"

namespace blkhang {

/// What of a machine a load has to be measured by.
struct MachineSize {
    std::uint32_t cpus = 1;
    std::uint64_t memory_available = 0;  ///< bytes; 0: as much as the profile is for
    std::uint64_t swap = 0;              ///< bytes of the disks that the load swaps to
    std::uint64_t data = 0;              ///< bytes of the data disk that the load may write to; 0: as the profile says
    bool kvm = false;                    ///< virtual machines can have it
};

/// The most of each that a load has, however large the machine.
inline constexpr std::uint32_t kMostWriters = 1000;
inline constexpr std::uint32_t kMostMembers = 4000;
inline constexpr std::uint32_t kMostGrownGuests = 12;

/// A profile as a machine of some size needs it.
struct ScaledProfile {
    Profile profile;
    std::vector<std::string> chosen;  ///< what is more than the profile says, and why: sentences
};

/// Since what profiles say of numbers is for a guest of 256 MiB: more of each as their [scale] tells, and pressure that
/// makes memory short, if there is any. Fault::unsupported if the swap disks have no room for what does not fit.
Result<ScaledProfile> scaled(const Profile& profile, const MachineSize& machine);

/// Memory that the virtual machines of the load take at most together, bytes: theirs and QEMU's own.
std::uint64_t memory_of_guests(const Profile& profile);

/// A guest as the profile describes it, under KVM, where each CPU does what many emulated ones do.
MachineSize size_under_kvm(const Profile& profile);

}  // namespace blkhang
