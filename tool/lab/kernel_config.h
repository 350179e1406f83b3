// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lab/kernel.h"

namespace blkhang {

/// The build options that matter here, as the kernel's package or build tree tells them: "CONFIG_X" to y, m, n or a
/// value; n only where a configuration says so or leaves it out. Empty where none came with the kernel.
std::map<std::string, std::string> relevant_config(const Kernel& kernel);

/// Picks those options from the text of a .config.
std::map<std::string, std::string> relevant_options(std::string_view config);

}  // namespace blkhang
