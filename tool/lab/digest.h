// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// SHA-256 in hexadecimal digits.
std::string digest(std::string_view content);
/// Of all that an open file holds, wherever it stands, which it goes on to do.
Result<std::string> digest_of_file(int file);

/// The digest of a whole directory: names, kinds, modes and contents, and where links point; not `except`, a name at
/// its top. Changes with every change, also one that keeps all sizes and times. Fails on what cannot be read, and on
/// what another user owns or may write.
Result<std::string> digest_of_tree(const std::filesystem::path& directory, std::string_view except);

}  // namespace blkhang
