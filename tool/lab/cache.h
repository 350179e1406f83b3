// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// Where fetched and built things are kept between runs. Made if missing: $XDG_CACHE_HOME/blkhang, ~/.cache/blkhang. It
/// belongs to whoever runs this, and nobody else may write to it, whatever the umask; one that is otherwise is refused.
Result<std::filesystem::path> cache_directory();

/// Keeps other blkhangs out of a part of the cache while it lives. The lock goes away with its holder, however that
/// ends.
class FileLock {
public:
    /// Nothing if another holds it. Any other failure, such as a link or a directory of that name, is an error.
    static Result<std::optional<FileLock>> try_acquire(const std::filesystem::path& path);
    /// Waits for the present holder until the deadline.
    static Result<FileLock> acquire(const std::filesystem::path& path, Deadline deadline);
    /// For a child that is to hold it as well, for as long as it lives.
    [[nodiscard]] int descriptor() const { return fd_.get(); }

private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

/// Waits for a lock on all of the cache but plants and roots to build in, for as long as others fetch over a slow line,
/// and clears away what one that was killed left half done.
Result<FileLock> lock_cache(const std::filesystem::path& cache);
/// Does a directory of the cache have the name of one that is not done, or that is thrown away afterwards?
bool is_scratch(const std::filesystem::path& name);

/// Is there room for so many bytes on the file system of `path`? Asked before a download: programs that run out of
/// space half way say strange things, or nothing for minutes.
Status ensure_space(const std::filesystem::path& path, std::uint64_t bytes);

/// Fills a directory so that it is either complete or absent: `fill` works in a scratch directory beside it, which
/// takes the name `directory` when done; what stood there before is replaced. Only the owner may write what is in it.
/// Call under a FileLock.
Status publish_directory(const std::filesystem::path& directory,
                         const std::function<Status(const std::filesystem::path& scratch)>& fill);

/// Takes the right to write from everybody but the owner, in all of a directory.
Status take_from_others(const std::filesystem::path& directory);

/// Short name for a content, fit for a file name: the beginning of its digest.
std::string content_key(std::string_view content);

}  // namespace blkhang
