// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/time_limit.h"

#include <cstdint>
#include <variant>

#include "load/guests.h"
#include "run/job.h"

namespace blkhang {
namespace {

using std::chrono::seconds;

/// For what a run does around its load: attaching, staging, evidence. An emulated machine takes most of it.
constexpr auto kAroundTheLoad = seconds(240);
/// From when a host is given up to its reset: looks, and the watchdog's own time.
constexpr auto kResetTime = seconds(60);
/// Bytes that even a slow disk takes of what new files are filled with (stage/loop_disk.h).
constexpr std::uint64_t kFilledPerS = std::uint64_t{32} << 20U;

seconds time_to_fill(const HostDisks& disks, const Profile& profile) {
    if (!std::holds_alternative<FileDisks>(disks)) {
        return seconds(0);
    }
    const auto bytes =
        profile.guest.data_disk + (std::uint64_t{profile.swap.disks} + profile.swap.spare) * profile.swap.size;
    return seconds(bytes / kFilledPerS);
}

}  // namespace

seconds time_limit(const HostRunRequest& request, const Profile& profile) {
    const auto needed = profile.duration + profile.patience + kLivelockTime + kAroundTheLoad +
                        longest_start(profile.kvm.guests) + time_to_fill(request.disks, profile);
    const auto limit = request.deadline.value_or(needed);
    return request.watchdog.empty() ? limit : limit + std::chrono::ceil<seconds>(request.give_up) + kResetTime;
}

}  // namespace blkhang
