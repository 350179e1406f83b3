// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// Where this program is: `name` itself when it holds a slash, else the first executable file of that name in PATH.
/// The error says which Debian package to install where that is known.
Result<std::filesystem::path> find_program(std::string_view name);

}  // namespace blkhang
