// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "machine/facts.h"
#include "machine/host_reader.h"

namespace blkhang {

/// A rule of the block controllers that is in force.
struct IoLimit {
    std::string group;   ///< "/system.slice/db.service"
    std::string file;    ///< "io.max", "blkio.throttle.write_bps_device"
    std::string knob;    ///< the same by the name that cgroup v2 has for it
    std::string number;  ///< of the disk
    std::string rule;    ///< what is set
};

std::vector<IoLimit> read_io_limits(HostReader& reader, const std::vector<CgroupMount>& mounts);

}  // namespace blkhang
