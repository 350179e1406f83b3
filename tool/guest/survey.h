// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// What a kernel said about itself in a guest without load.
struct Survey {
    std::string label;                          ///< the kernel as resolved
    std::map<std::string, std::string> config;  ///< build options, if they came with it
    seen::Hello hello;
    seen::Tier tier;
    std::vector<std::string> unsupported;  ///< every reason
};

/// Boots the kernel that the KERNEL argument names; it changes nothing but the cache of kernels. May take minutes.
Result<Survey> survey_guest(const std::string& kernel);

}  // namespace blkhang
