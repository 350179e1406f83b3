// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lab/known_kernels.h"

namespace blkhang {

/// The catalogue as a table: what is there, what is cached, and what is known of each kernel.
std::string list_kernels(const std::vector<KnownKernel>& kernels);
nlohmann::ordered_json kernels_json(const std::vector<KnownKernel>& kernels);

}  // namespace blkhang
