// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>

#include "machine/device_findings.h"

namespace blkhang {

/// "UUID=.." and the like, as configuration names devices -> the devices of which that is true.
using DeviceTags = std::multimap<std::string, std::size_t>;

/// The tags that udev has made links for.
DeviceTags tags_of_links(const HostRoots& roots, const DeviceSystem& system, const DeviceTree& tree);

/// Definitions of mounts, guests, storage and exports that name a device: machine/device_definitions.def, and the
/// kernel's command line and multipath's list of disks.
void find_definitions(const HostRoots& roots, const DeviceSystem& system, const DeviceTree& tree,
                      const DeviceTags& tags, DeviceFindings& findings);

}  // namespace blkhang
