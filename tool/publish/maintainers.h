// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "report/mail/recipients.h"

namespace blkhang {

/// Who the tree's own scripts/get_maintainer.pl names for these source files, those that the tree lacks left out.
Result<Recipients> maintainers_of(const std::filesystem::path& tree, const std::vector<std::string>& sources);

}  // namespace blkhang
