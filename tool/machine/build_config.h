// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "machine/host_reader.h"

namespace blkhang {

/// The .config of the running kernel, from where the kernel itself, its package or its modules' directory has it;
/// empty if none has.
std::string read_build_config(HostReader& reader, const std::string& release);

/// Picks from the text of a .config the options that matter here: "CONFIG_X" to y, m, n or a value; n where it says so
/// or leaves it out. None from an empty text: that is no configuration.
std::map<std::string, std::string> relevant_options(std::string_view config);

}  // namespace blkhang
