// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace blkhang {

// Where in a file is said with each call, in bytes from its beginning: the descriptor's own offset is neither used nor
// moved. All of it, or an error that says where; what was written until then stays.

/// A file that ends before that is Fault::broken.
Result<std::string> read_at(int fd, std::uint64_t at, std::uint64_t length);
Status write_at(int fd, std::uint64_t at, std::string_view bytes);

}  // namespace blkhang
