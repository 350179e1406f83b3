// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/host_view.h"

namespace blkhang {

/// The same for programs, by reports/check.schema.json; the tier and the disks, which are found by trying, are not in
/// it.
nlohmann::ordered_json view_json(const HostView& view);

}  // namespace blkhang
