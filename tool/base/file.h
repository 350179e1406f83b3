// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// Whole content of a file of any kind (also /proc, whose size is 0); more than `limit` bytes is an error.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{64} << 20);
/// Truncates or creates; mode 0644.
Status write_file(const std::filesystem::path& path, std::string_view content);
/// Writes to an existing kernel file (/proc, /sys, cgroupfs) with a single write(2): never creates.
Status write_knob(const std::filesystem::path& path, std::string_view value);
/// Replaces `path` atomically (temporary file beside it, fsync, rename).
Status replace_file(const std::filesystem::path& path, std::string_view content);
/// write(2) until all is written.
Status write_all(int fd, std::string_view data);

/// A directory of our own under $TMPDIR, removed with all its content when it goes out of scope.
class TempDir {
public:
    static Result<TempDir> make(std::string_view prefix);
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&& other) noexcept;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace blkhang
