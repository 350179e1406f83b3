// SPDX-License-Identifier: GPL-2.0-only
#include "profile/resolve.h"

#include <fmt/format.h>

#include <algorithm>

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
            return fail(status.error());
        }
    }
    if (auto status = check_consistency(*profile); !status) {
        return fail(status.error());
    }
    return profile;
}

Result<std::vector<Profile>> resolve_profiles(const std::vector<std::string>& names_or_paths,
                                              const std::vector<std::string>& sets) {
    std::vector<Profile> profiles;
    for (const std::string& name : names_or_paths) {
        auto profile = resolve_profile(name, sets);
        if (!profile) {
            return fail(profile.error());
        }
        const bool known = std::any_of(profiles.begin(), profiles.end(),
                                       [&](const Profile& each) { return each.name == profile->name; });
        if (known) {
            return fail(Error(Fault::usage, fmt::format("two of the profiles are called '{}'", profile->name))
                            .hint("give one of them another name"));
        }
        profiles.push_back(std::move(*profile));
    }
    return profiles;
}

}  // namespace blkhang
