// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "guest/host_table.h"
#include "machine/device_use.h"

namespace blkhang {

/// The whole disks of this machine: unused, prepared, or what speaks against them: the first reason and how many more
/// there are, or all of them. Nothing is `missing`: runs in guests need none.
std::vector<CheckRow> device_rows(const Result<std::vector<DeviceUse>>& devices, bool all_reasons);
/// All of them, with partitions and all reasons; null if they could not be looked at.
nlohmann::ordered_json devices_json(const Result<std::vector<DeviceUse>>& devices);

}  // namespace blkhang
