// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <dirent.h>

#include <memory>

namespace blkhang {

struct CloseDirectoryStream {
    void operator()(DIR* stream) const { ::closedir(stream); }
};

/// For those who need what <filesystem> keeps to itself: a directory that is open already, or one that is read without
/// an allocation for each name.
using DirectoryStream = std::unique_ptr<DIR, CloseDirectoryStream>;

}  // namespace blkhang
