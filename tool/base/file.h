// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// Whole content of a file of any kind (also /proc, whose size is 0); more than `limit` bytes is an error.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{64} << 20);
/// The same of what is open: from where it stands to its end.
Result<std::string> read_descriptor(int fd, std::size_t limit);
/// read(2): how many bytes came, 0 at the end.
Result<std::size_t> read_some(int fd, char* buffer, std::size_t size);
/// Truncates or creates; mode 0644 as far as the umask lets it.
Status write_file(const std::filesystem::path& path, std::string_view content);
/// Writes to an existing kernel file (/proc, /sys, cgroupfs) with a single write(2): never creates.
Status write_knob(const std::filesystem::path& path, std::string_view value);
/// Puts a file of ours at `path`, complete or not at all, and with it what a link of that name was; mode as above. What
/// a user names goes through base/output.h.
Status replace_file(const std::filesystem::path& path, std::string_view content);
/// Is there anything, over links too? What cannot be reached, for any reason, is not there.
bool is_there(const std::filesystem::path& path);
/// A directory and its parents, where missing: writable by the owner only, whatever the umask. One that is there
/// stays as it is.
Status make_directories(const std::filesystem::path& path);
/// write(2) until all is written.
Status write_all(int fd, std::string_view data);
/// A content that comes in pieces and need never be in memory as a whole. Ends at the first failure, its own or of what
/// takes the pieces, and returns it.
using TakesPiece = std::function<Status(std::string_view piece)>;
using Pieces = std::function<Status(const TakesPiece& take)>;

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
