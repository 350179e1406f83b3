// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace blkhang {

/// `uname -r` of an x86 kernel image, from its boot header; fit to be part of a path (base/path_name.h). Anything else
/// is the user's mistake (Fault::usage).
Result<std::string> image_release(const std::filesystem::path& image);

}  // namespace blkhang
