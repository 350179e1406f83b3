// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace blkhang {

/// A kernel's configuration as it may go to a public list: without what names a machine or its people. Nothing if the
/// text is none.
std::optional<std::string> config_to_attach(const std::string& text);
/// The same of a file that the user names, which has to be one.
Result<std::string> config_in_file(const std::filesystem::path& file);

}  // namespace blkhang
