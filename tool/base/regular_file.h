// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// Is what was found there a regular file of no more than so many bytes? If not, Fault::usage says what it is.
Status check_regular(const std::filesystem::path& path, const struct stat& found, std::uint64_t largest);

/// Opens a file that the user named, over links too, for reading. Nothing else is waited for or set off: a FIFO would
/// wait for its other end, for ever. Errors name the path and are Fault::usage.
Result<Fd> open_regular(const std::filesystem::path& path, std::uint64_t largest = UINT64_MAX);
Result<std::string> read_regular(const std::filesystem::path& path, std::size_t largest);

}  // namespace blkhang
