// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/directory.h"
#include "base/result.h"

namespace blkhang {

/// Names of entries in a directory, in their order, that may be one of ours (base/path_name.h): at most `most`, so that
/// one with millions costs no more.
Result<std::vector<std::string>> names_in(const Directory& directory, std::size_t most);

}  // namespace blkhang
