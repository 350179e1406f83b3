// SPDX-License-Identifier: GPL-2.0-only
#include "host/host_view.h"

#include "base/words.h"
#include "machine/build_config.h"
#include "machine/fingerprints.h"
#include "record/measured_hangs.h"

namespace blkhang {
namespace {

/// The kernel files whose writers matter, as the family's members name them.
std::vector<std::string> knobs_of(const std::vector<FamilyMember>& family) {
    std::vector<std::string> knobs;
    for (const FamilyMember& member : family) {
        for (const auto* writes : {&member.set_off.writes, &member.set_off.against}) {
            for (const FamilyMember::Write& write : *writes) {
                add_once(knobs, write.knob);
            }
        }
    }
    return knobs;
}

}  // namespace

HostView look_at_host(const HostRoots& roots) {
    HostReader reader(roots);
    HostView view;
    view.facts = gather_host_facts(roots);
    if (const std::string config = read_build_config(reader, view.facts.release); !config.empty()) {
        view.config = relevant_options(config);
    }
    view.fingerprints = read_fingerprints();
    view.family = family_of(view.fingerprints, measured_hangs(view.facts.version), view.config);
    view.swaps = read_swap_queues(reader);
    view.zswap = zswap_is_on(reader);
    std::vector<std::string> names;
    for (const SwapQueue& swap : view.swaps) {
        for (const std::string& queue : swap.path.queues) {
            add_once(names, queue);
        }
    }
    for (const std::string& name : names) {
        view.disks.push_back(read_disk_queue(reader, name));
    }
    view.writers = read_knob_writers(reader, knobs_of(view.family), names);
    view.limits = read_io_limits(reader, view.facts.cgroups);
    view.cgroups = read_cgroup_order(reader, view.facts.cgroups);
    view.pressure = read_memory_pressure(reader);
    view.running = read_running_programs(reader);
    view.log_ways = read_log_ways(reader);
    view.keepers = read_crash_keepers(reader);
    view.watchdogs = read_watchdogs(reader);
    view.left_out = reader.left_out();
    return view;
}

}  // namespace blkhang
