// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace blkhang {

/// Why nothing can be written there (`reason` is an errno): Fault::usage, as another name mends it, unless the disk is
/// full or broken.
Error unwritable(const std::filesystem::path& path, int reason);

/// Writes what was asked for to the file that the user named:
///
/// * a regular file appears complete or not at all, and one that was there keeps its mode, and its owner if we may;
///   a new one has the mode that the umask says. Where the name is a link, all that is about the file it leads to.
/// * what is no regular file (a device, a FIFO, /dev/stdout) is written to, as a shell would, and stays what it is. One
///   that takes the name while we write stays, too, and is an error.
///
/// A directory, a place that does not exist and one that cannot be written are Fault::usage; a full disk is not.
Status write_output(const std::filesystem::path& path, std::string_view content);
Status write_output(const std::filesystem::path& path, const Pieces& content);

}  // namespace blkhang
