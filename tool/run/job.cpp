// SPDX-License-Identifier: GPL-2.0-only
#include "run/job.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "profile/profile_toml.h"
#include "record/json.h"

namespace blkhang {

std::string encode_job(const Job& job) {
    return Json{{"kind", job.kind == Job::Kind::check ? "check" : "run"},
                {"profile", to_toml(job.profile)},
                {"plant", job.plant}}
        .dump();
}

Result<Job> decode_job(std::string_view text) {
    const auto json = parse_json(text);
    const auto member = [&](const char* name) -> std::optional<std::string> {
        const auto found = json.is_object() ? json.find(name) : json.end();
        return found != json.end() && found->is_string() ? std::optional{found->get<std::string>()} : std::nullopt;
    };
    const auto kind = member("kind");
    const auto profile_text = member("profile");
    const auto plant = member("plant");
    if (!kind || !profile_text || !plant) {
        return fail(Fault::broken, "the guest's job is damaged");
    }
    Job job;
    job.kind = *kind == "check" ? Job::Kind::check : Job::Kind::run;
    job.plant = *plant;
    if (job.kind == Job::Kind::run) {
        auto profile = parse_profile(*profile_text, "profile.toml");
        if (!profile) {
            return fail_within(profile.error(), "the guest's job");
        }
        job.profile = std::move(*profile);
    }
    return job;
}

Demands demands_of(const Profile& profile) {
    Demands demands;
    demands.coverage = profile.coverage;
    demands.trial = profile.trial;
    for (const CoverageWhere& one : profile.coverage_where) {
        demands.where.push_back({one.fingerprint, one.value, one.coverage});
    }
    if (std::any_of(profile.triggers.begin(), profile.triggers.end(),
                    [](const Trigger& one) { return one.phase == TriggerPhase::load; })) {
        auto& successes = demands.coverage["trigger_successes"];
        successes = std::max<std::uint64_t>(successes, 1);
    }
    return demands;
}

}  // namespace blkhang
