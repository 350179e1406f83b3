// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernels/family.h"
#include "machine/cgroup_order.h"
#include "machine/crash_keepers.h"
#include "machine/disk_queue.h"
#include "machine/facts.h"
#include "machine/io_limits.h"
#include "machine/knob_writers.h"
#include "machine/log_ways.h"
#include "machine/pressure.h"
#include "machine/swap_queues.h"
#include "machine/virtual_machines.h"
#include "machine/watchdogs.h"

namespace blkhang {

/// All that `check` looks at on this host.
struct HostView {
    HostFacts facts;
    std::map<std::string, std::string> config;  ///< build options that matter, if they are known
    std::map<std::string, std::string> fingerprints;
    std::vector<FamilyMember> family;
    std::vector<SwapQueue> swaps;
    bool zswap = false;
    std::vector<DiskQueue> disks;  ///< those that bios of swapping go through
    std::vector<KnobWriter> writers;
    std::vector<IoLimit> limits;
    CgroupOrder cgroups;
    Pressure pressure;
    RunningPrograms running;
    LogWays log_ways;
    CrashKeepers keepers;
    std::vector<Watchdog> watchdogs;
    std::vector<std::string> left_out;  ///< what could not be read
};

/// Looks at this host by reading alone. Files of queues take their locks: on a host that hangs already, this may never
/// return.
HostView look_at_host(const HostRoots& roots = {});

}  // namespace blkhang
