// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace blkhang {

/// What the file is like that takes the place.
struct FileAttributes {
    mode_t mode = 0644;                    ///< as far as the umask lets it
    std::optional<struct stat> like = {};  ///< instead: exactly the mode of this file, and its owner if we may
    bool only_regular = false;             ///< replaces nothing but a regular file: what is none stays, errno EBUSY
    bool flushed = true;  ///< survives a power failure from then on; without: it may be empty after one
};

/// Gives a file `name` in an open directory this content, complete or not at all (temporary file beside it, fsync,
/// rename). What had the name before, a link too, is gone then, and untouched if this fails. No signal but SIGKILL
/// leaves the temporary file where the file system has files without a name, and what one leaves goes when the
/// directory is written to again (base/temporary_names.h).
Status replace_at(int directory, const std::string& name, const Pieces& content, const FileAttributes& attributes = {});
Status replace_at(int directory, const std::string& name, std::string_view content,
                  const FileAttributes& attributes = {});

}  // namespace blkhang
