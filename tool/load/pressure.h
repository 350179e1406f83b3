// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "profile/profile.h"

namespace blkhang {

/// The command line of what makes memory scarce.
std::vector<std::string> pressure_command(const Profile& profile);

/// Why that program does not run here; empty if it does. One of today may not on a kernel of 2011: its C library says
/// that the kernel is too old, or the program misses a system call.
std::string reason_against_stress_ng(const std::filesystem::path& program);

}  // namespace blkhang
