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
    /// write: the job of a virtual machine of a load, to write to its disk for ever; of the profile it heeds [kvm].
    enum class Kind { run, check, write };
    Kind kind = Kind::run;
    Profile profile;
    std::string plant;  ///< name of the planted bug, empty for none
};

/// For how much longer than its profile says a run may go on, to see whether a livelock dissolves.
inline constexpr std::chrono::seconds kLivelockTime{90};

/// What the profile demands before a verdict may be clean: its coverage, that each trigger succeeded once, and that all
/// virtual machines of the load write.
Demands demands_of(const Profile& profile);

std::string encode_job(const Job& job);
Result<Job> decode_job(std::string_view json);

}  // namespace blkhang
