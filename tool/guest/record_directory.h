// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// Where runs go that were not told: $XDG_STATE_HOME/blkhang/runs, else below ~/.local/state. Makes nothing.
/// `state_home` and `home` are those variables, null when unset.
Result<std::filesystem::path> runs_directory(const char* state_home, const char* home);

/// `<UTC time>-<part>-<part>...`, with nothing in it that a shell would mind; empty parts are left out.
std::string record_name(std::time_t now, const std::vector<std::string>& parts);

/// A place there for what starts now, which nothing has taken yet. Makes nothing.
Result<std::filesystem::path> new_record_directory(const std::vector<std::string>& parts);

}  // namespace blkhang
