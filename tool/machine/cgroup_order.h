// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "machine/facts.h"
#include "machine/host_reader.h"

namespace blkhang {

/// Which hierarchies of cgroups there are, and whose they are.
struct CgroupOrder {
    enum class Layout { none, v1, v2, hybrid };
    Layout layout = Layout::none;
    std::string first_process;             ///< the name of process 1, who makes the groups of a host: "systemd"
    std::vector<std::string> offered;      ///< controllers of v2 that the root has
    std::vector<std::string> handed_down;  ///< those of them that it gives to the groups below
    std::vector<std::string> on_v1;        ///< of those that matter here, where v1 has them
    std::vector<std::string> delegated;    ///< groups that their manager leaves to somebody else
};
std::string_view to_string(CgroupOrder::Layout layout);

CgroupOrder read_cgroup_order(HostReader& reader, const std::vector<CgroupMount>& mounts);

}  // namespace blkhang
