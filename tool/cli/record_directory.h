// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ctime>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace blkhang {

/// Where runs go that were not told: $XDG_STATE_HOME/blkhang/runs, else below ~/.local/state. Makes nothing.
/// `state_home` and `home` are those variables, null when unset.
Result<std::filesystem::path> runs_directory(const char* state_home, const char* home);

/// `<UTC time>-<profile>-<kernel>[-plant]`, with nothing in it that a shell would mind.
std::string record_name(std::time_t now, const std::string& profile, const std::string& kernel,
                        const std::string& plant);

}  // namespace blkhang
