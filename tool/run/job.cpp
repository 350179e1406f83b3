// SPDX-License-Identifier: GPL-2.0-only
#include "run/job.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "base/names.h"
#include "profile/profile_toml.h"
#include "record/json.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, 3> kKinds{"run", "check", "write"};

}  // namespace

std::string encode_job(const Job& job) {
    return Json{{"kind", kKinds.at(static_cast<std::size_t>(job.kind))},
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
    job.kind = named<Job::Kind>(kKinds, *kind).value_or(Job::Kind::run);
    job.plant = *plant;
    if (job.kind != Job::Kind::check) {
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
    if (profile.kvm.guests > 0) {
        auto& guests = demands.coverage["guests"];
        guests = std::max<std::uint64_t>(guests, profile.kvm.guests);
    }
    if (std::any_of(profile.triggers.begin(), profile.triggers.end(),
                    [](const Trigger& one) { return one.phase == TriggerPhase::load; })) {
        auto& successes = demands.coverage["trigger_successes"];
        successes = std::max<std::uint64_t>(successes, 1);
    }
    return demands;
}

}  // namespace blkhang
