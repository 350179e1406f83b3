// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "stage/staging.h"

namespace blkhang {

/// Inserts the module in this file; one that is there already is as good.
Status insert_module(const Staging& staging, const std::filesystem::path& file);

/// Inserts the modules whose files `list` names, a line each, in their order. No list is an empty one: a monolithic
/// kernel.
Status insert_modules(const Staging& staging, const std::filesystem::path& list);

/// Has modprobe insert a driver with its parameters, unless it is there, perhaps as part of the kernel.
/// Fault::unsupported if it cannot.
Status load_driver(const Staging& staging, const std::string& name, const std::string& parameters);

}  // namespace blkhang
