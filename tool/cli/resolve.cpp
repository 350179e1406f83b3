// SPDX-License-Identifier: GPL-2.0-only
#include "cli/resolve.h"

#include <fmt/format.h>

#include "profile/consistency.h"
#include "profile/fields.h"
#include "profile/shipped.h"

namespace blkhang {

Result<Profile> resolve_profile(const std::string& name_or_path, const std::vector<std::string>& sets) {
    auto profile = load_profile(name_or_path);
    if (!profile) {
        return profile;
    }
    for (const std::string& set : sets) {
        if (auto status = set_field(*profile, set); !status) {
            return fail_within(std::move(status.error()), fmt::format("--set {}", set));
        }
    }
    if (auto status = check_consistency(*profile); !status) {
        return fail_within(std::move(status.error()), fmt::format("profile {}", profile->name));
    }
    return profile;
}

std::vector<std::string> sets_of(const Invocation& invocation) {
    std::vector<std::string> sets;
    if (invocation.has("set")) {
        sets = invocation.values["set"].as<std::vector<std::string>>();
    }
    if (invocation.has("duration")) {
        sets.push_back("duration=" + invocation.text("duration"));
        sets.emplace_back("patience=0s");  // exactly that long
    }
    return sets;
}

}  // namespace blkhang
