// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string_view>

namespace blkhang {

/// What the first pid namespace is called on every kernel (PROC_PID_INIT_INO).
inline constexpr std::string_view kFirstPidNamespace = "pid:[4026531836]";

/// Are we in that one, so that the kernel and this /proc mean the same task by a number? Not in most containers.
bool has_numbers_of_kernel(const std::filesystem::path& proc);

}  // namespace blkhang
