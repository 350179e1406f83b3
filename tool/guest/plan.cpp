// SPDX-License-Identifier: GPL-2.0-only
#include "guest/plan.h"

#include "stage/guest_disks.h"

namespace blkhang {
namespace {

constexpr const char* kStressNg = "/usr/bin/stress-ng";

// Emulated guests are slow to stage a thousand cgroups, and slower to give evidence under memory pressure.
constexpr std::chrono::seconds kAroundTheLoad{300};

}  // namespace

Job check_job() {
    Job job;
    job.kind = Job::Kind::check;
    // The guest takes only complete profiles.
    job.profile.name = "check";
    job.profile.summary = "look at the kernel, put no load on it";
    return job;
}

GuestPlan plan_guest(const Job& job, Kernel kernel, std::filesystem::path plant) {
    GuestPlan plan;
    plan.kernel = std::move(kernel);
    plan.plant = std::move(plant);
    plan.job = encode_job(job);
    if (job.kind == Job::Kind::check) {
        plan.run_limit = plan.boot_limit * 2;
        return plan;
    }
    const Profile& profile = job.profile;
    plan.memory = profile.guest.memory;
    plan.cpus = profile.guest.cpus;
    plan.possible_cpus = profile.guest.possible_cpus;
    plan.modules = profile.guest.modules;
    plan.disks = guest_disks(profile).sizes;
    if (profile.pressure.vm > 0) {
        plan.programs.emplace_back(kStressNg);
    }
    plan.run_limit = plan.boot_limit + kAroundTheLoad + profile.duration + profile.patience + kLivelockTime;
    return plan;
}

}  // namespace blkhang
