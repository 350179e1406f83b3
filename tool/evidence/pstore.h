// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace blkhang {

/// The files in which pstore has a kernel's log, in their order. What is there and cannot be read as text is told in
/// `problems`. Nothing is opened but the directory.
Result<std::vector<std::string>> pstore_logs(const std::filesystem::path& path, std::vector<std::string>& problems);

}  // namespace blkhang
