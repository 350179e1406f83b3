// SPDX-License-Identifier: GPL-2.0-only
#include "run/job.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "load/user_disk.h"
#include "profile/profile_toml.h"
#include "record/json.h"
#include "stage/null_disk.h"

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

GuestDisks guest_disks(const Profile& profile) {
    GuestDisks disks{.data = "vda", .swap = {}, .behind_swap = {}, .spare = {}, .sizes = {profile.guest.data_disk}};
    const auto add = [&](std::vector<std::string>& to) {
        to.push_back(fmt::format("vd{}", static_cast<char>('a' + disks.sizes.size())));
        disks.sizes.push_back(profile.swap.size);
    };
    if (profile.swap.device == SwapKind::null_blk) {
        disks.swap.emplace_back(kNullDisk);
    } else if (profile.swap.device == SwapKind::nbd) {
        disks.swap.emplace_back(kUserDisk);
        add(disks.behind_swap);
    } else {
        for (std::uint32_t i = 0; i < profile.swap.disks; ++i) {
            add(disks.swap);
        }
    }
    for (std::uint32_t i = 0; i < profile.swap.spare; ++i) {
        add(disks.spare);
    }
    return disks;
}

}  // namespace blkhang
