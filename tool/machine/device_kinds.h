// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "machine/device_findings.h"

namespace blkhang {

/// What sysfs says of each device: kinds that are not taken, holders, partitions, one disk that has two names.
void find_kinds(const DeviceTree& tree, DeviceFindings& findings);

/// Serial number, WWN and model as sysfs has them; empty if it has none. Only of whole disks.
std::string serial_of(const BlockDevice& device);
std::string wwn_of(const BlockDevice& device);
std::string model_of(const BlockDevice& device);

}  // namespace blkhang
