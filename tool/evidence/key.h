// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace blkhang {

/// The key that hosts and their collector share: the file's content without the line end, at least 16 bytes. Refused is
/// a file that anybody but its owner can read.
Result<std::string> read_key(const std::filesystem::path& path);

/// A hint, in words: the commands that put a new key there.
std::string how_to_make_key(const std::filesystem::path& path);

}  // namespace blkhang
