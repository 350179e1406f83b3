// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "judge/judge.h"
#include "profile/profile.h"

namespace blkhang {

/// What the guest side is asked to do; travels as JSON in the guest's image.
struct Job {
    enum class Kind { run, check };
    Kind kind = Kind::run;
    Profile profile;
    std::string plant;  ///< name of the planted bug, empty for none
};

/// For how much longer than its profile says a run may go on, to see whether a livelock dissolves.
inline constexpr std::chrono::seconds kLivelockTime{90};

/// What the profile demands before a verdict may be clean: its coverage, and that each trigger succeeded once.
Demands demands_of(const Profile& profile);

/// The disks that a profile wants of a guest: names as the guest sees them (vda, vdb ...), sizes in bytes.
struct GuestDisks {
    std::string data;
    std::vector<std::string> swap;
    std::vector<std::string> behind_swap;  ///< what a process serves the swap disk from
    std::vector<std::string> spare;
    std::vector<std::uint64_t> sizes;  ///< of all that the guest is given, in the order of their names
};
GuestDisks guest_disks(const Profile& profile);

std::string encode_job(const Job& job);
Result<Job> decode_job(std::string_view json);

}  // namespace blkhang
