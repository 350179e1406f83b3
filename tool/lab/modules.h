// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// Makes modprobe's index of ROOT/lib/modules/RELEASE (`depmod`).
Status index_modules(const std::filesystem::path& root, const std::string& release);

/// Files of these modules and of all they need, in load order, each once. Names that are built in or absent are
/// skipped: the guest finds out whether it can do without.
Result<std::vector<std::filesystem::path>> modules_in_load_order(const std::filesystem::path& root,
                                                                 const std::string& release,
                                                                 const std::vector<std::string>& names);

/// The `insmod` lines of `modprobe --show-depends`.
std::vector<std::filesystem::path> parse_show_depends(std::string_view output);

/// Content of a .ko file, also of a compressed one (.xz, .zst, .gz).
Result<std::string> read_module(const std::filesystem::path& file);

}  // namespace blkhang
