// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "host/host_view.h"

namespace blkhang {

/// A host with a 6.1 that swaps to a partition of vda, and nobody who writes to anything.
inline HostView sample_view() {
    HostView view;
    view.facts.release = "6.1.0-test";
    view.facts.cgroups = {{2, "/sys/fs/cgroup", {"io", "memory"}}};
    view.facts.root = true;
    view.fingerprints = {{"percpu_backing_noio", "no"}, {"freeze_noio", "no"},       {"elevator_tags_early", "no"},
                         {"elevator_data_early", "no"}, {"nr_requests_early", "no"}, {"wbt_early", "no"},
                         {"throttle_on_demand", "yes"}, {"iocost_frozen", "no"}};
    view.family = family_of(view.fingerprints);
    view.swaps = {{{"/dev/vda2", 1U << 30U, 0, -2}, {{"partition vda2", "vda"}, {"vda"}, {"vda"}}}};
    view.disks = {{.name = "vda",
                   .number = "254:0",
                   .driver = "virtio_blk",
                   .scheduler = "none",
                   .schedulers = {"none", "mq-deadline"},
                   .nr_requests = 256,
                   .wbt_lat_us = 0,
                   .hardware_queues = 1}};
    return view;
}

/// The same with a udev rule for that disk.
inline HostView with_rule(HostView view, const std::string& scheduler) {
    view.writers.push_back(
        {"udev rule", "/etc/udev/rules.d/60-io.rules", 3, "queue/scheduler", scheduler, {"vda"}, "..."});
    return view;
}

}  // namespace blkhang
