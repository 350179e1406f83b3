// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/scale.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/sizes.h"

namespace blkhang {
namespace {

/// As in the guest that profiles are written for (profiles/kvm-2011.toml): short all the time, and yet alive.
constexpr std::uint64_t kTenthsOfMemory = 14;
/// Of the swap disks' room: the rest is for what else comes to be swapped out.
constexpr std::uint64_t kTenthsOfSwap = 8;
/// To the next MiB, as people want it.
std::string about(std::uint64_t bytes) { return format_size((bytes + (1U << 20U) - 1) >> 20U << 20U); }

/// A process of stress-ng that has to touch more than that comes round too slowly to press.
constexpr std::uint64_t kMostOfOne = std::uint64_t{4} << 30U;

}  // namespace

Result<Profile> scaled(const Profile& profile, const MachineSize& machine) {
    Profile result = profile;
    if (profile.writers.count > 0) {
        result.writers.count = std::max(profile.writers.count, std::min(machine.cpus, kMostWriters));
    }
    if (profile.pressure.vm == 0) {
        return result;
    }
    const auto wanted = machine.memory_available / 10 * kTenthsOfMemory;
    const auto beyond = wanted - machine.memory_available;
    if (beyond > machine.swap / 10 * kTenthsOfSwap) {
        return fail(Error(Fault::unsupported, fmt::format("{} to swap to are too little to make {} of memory short",
                                                          about(machine.swap), about(machine.memory_available)))
                        .hint(fmt::format("give it disks of {} or more together", about(beyond / kTenthsOfSwap * 10))));
    }
    const auto churned = std::uint64_t{profile.churn.workers} * profile.churn.ring * profile.churn.member_memory;
    const auto pressed = std::max(wanted - std::min(wanted, churned), profile.pressure.vm_bytes);
    result.pressure.vm =
        std::max(profile.pressure.vm, static_cast<std::uint32_t>((pressed + kMostOfOne - 1) / kMostOfOne));
    result.pressure.vm_bytes = pressed / result.pressure.vm;
    return result;
}

}  // namespace blkhang
