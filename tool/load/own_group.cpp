// SPDX-License-Identifier: GPL-2.0-only
#include "load/own_group.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>

namespace blkhang {

void OwnGroup::renew() {
    if (!site_->swap_is_submitters) {
        return;
    }
    auto next = fmt::format("{}-{}", name_, number_++);
    if (!site_->cgroups->create(next, site_->throttles) || !site_->cgroups->attach(next, ::getpid())) {
        counters_->cgroup_failures++;
        return;
    }
    counters_->cgroups_created++;
    std::swap(current_, next);
    if (!next.empty()) {
        (site_->cgroups->remove(next) ? counters_->cgroups_removed : counters_->cgroup_failures)++;
    }
}

}  // namespace blkhang
