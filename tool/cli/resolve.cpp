// SPDX-License-Identifier: GPL-2.0-only
#include "cli/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/sizes.h"
#include "matrix/request.h"
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
            return fail(std::move(status.error()));
        }
    }
    if (auto status = check_consistency(*profile); !status) {
        return fail(std::move(status.error()));
    }
    return profile;
}

Result<std::vector<Profile>> resolve_profiles(const std::vector<std::string>& names_or_paths,
                                              const std::vector<std::string>& sets) {
    std::vector<Profile> profiles;
    for (const std::string& name : names_or_paths) {
        auto profile = resolve_profile(name, sets);
        if (!profile) {
            return fail(std::move(profile.error()));
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

std::vector<std::string> sets_of(const Invocation& invocation) {
    std::vector<std::string> sets;
    if (invocation.has("set")) {
        sets = invocation.values["set"].as<std::vector<std::string>>();
    }
    if (invocation.has("duration")) {
        std::ranges::move(sets_of_duration(invocation.text("duration")), std::back_inserter(sets));
    }
    return sets;
}

Result<std::optional<std::chrono::seconds>> deadline_of(const Invocation& invocation) {
    if (!invocation.has("deadline")) {
        return std::nullopt;
    }
    const auto span = parse_duration(invocation.text("deadline"));
    if (!span) {
        return fail_within(span.error(), "--deadline");
    }
    const auto deadline = std::chrono::ceil<std::chrono::seconds>(*span);
    if (deadline < kShortestDeadline) {
        return fail(Fault::usage, fmt::format("--deadline: expected at least {}", format_duration(kShortestDeadline)));
    }
    return deadline;
}

}  // namespace blkhang
