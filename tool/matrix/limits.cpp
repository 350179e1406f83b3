// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/limits.h"

namespace blkhang {
namespace {

constexpr auto kBesideTheGuest = std::chrono::seconds(60);  // making the image, writing the record

}  // namespace

std::map<std::string, GuestPlan> guests_of(const std::vector<Profile>& profiles) {
    std::map<std::string, GuestPlan> guests;
    for (const Profile& profile : profiles) {
        Job job;
        job.profile = profile;
        guests.emplace(profile.name, plan_guest(job, {}, {}));
    }
    return guests;
}

std::chrono::milliseconds cell_limit(const MatrixRequest& request, const GuestPlan& guest) {
    return request.deadline.value_or(guest.run_limit + kBesideTheGuest);
}

}  // namespace blkhang
