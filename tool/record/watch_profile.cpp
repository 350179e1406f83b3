// SPDX-License-Identifier: GPL-2.0-only
#include "record/watch_profile.h"

namespace blkhang {

Profile watch_profile(std::chrono::seconds room) {
    Profile profile;
    profile.name = kWatchProfile;
    profile.summary = "this host under its own load";
    profile.description =
        "No load was made: `blkhang watch` looked on. Nothing was probed on the way of every bio, so what bios were "
        "submitted from where is not known.";
    profile.duration = room;
    profile.churn = {.workers = 0, .ring = 0, .member_memory = 0, .member_writes = 0};
    profile.percpu = {.churners = 0, .flushers = 0, .maps = 0, .value_size = 0, .entries = 0};
    return profile;
}

}  // namespace blkhang
