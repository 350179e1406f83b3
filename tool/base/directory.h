// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/file.h"
#include "base/result.h"

namespace blkhang {

/// A directory whose content may be anybody's, such as a record that came by mail. It is held by its descriptor, and
/// nothing in it leads out of it or stops us: what is opened lies below it, was reached over no link, and is a regular
/// file of a size that its kind may have. The way to the directory itself is the user's: there links are followed.
///
/// Names are relative, of one or more components. Errors name the whole path; what is wrong with a file that is there,
/// and with a directory, is Fault::usage: the user named it.
class Directory {
public:
    static Result<Directory> open(const std::filesystem::path& path);
    /// Makes it first, with parents, if it is not there: writable by the owner only, readable as the umask says.
    static Result<Directory> make(const std::filesystem::path& path);
    /// A directory in here.
    [[nodiscard]] Result<Directory> below(const std::filesystem::path& name) const;

    /// The same, made first if it is not there.
    [[nodiscard]] Result<Directory> make_below(const std::string& name) const;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// For locks.
    [[nodiscard]] int descriptor() const { return fd_.get(); }
    /// Is there anything of that name in here? Also a link, or what is no file: that is for open_file() to refuse.
    [[nodiscard]] bool has(const std::filesystem::path& name) const;
    /// Bytes of it.
    [[nodiscard]] Result<std::uint64_t> size(const std::filesystem::path& name, std::uint64_t largest) const;
    [[nodiscard]] Result<std::string> read(const std::filesystem::path& name, std::size_t largest) const;
    /// The last `count` bytes of it, or all if it has no more.
    [[nodiscard]] Result<std::string> read_end(const std::filesystem::path& name, std::uint64_t largest,
                                               std::size_t count) const;
    /// Hands on each line without its newline; a last one that has none, too. Only a line at a time is in memory, and
    /// one of more than limits::kLine bytes is an error.
    Status each_line(const std::filesystem::path& name, std::uint64_t largest,
                     const std::function<void(std::string_view line)>& visit) const;

    /// A new file for writing at its end. One of that name, a link too, is errno EEXIST: see has().
    [[nodiscard]] Result<Fd> create(const char* name) const;
    /// Puts a file there at once, complete or not at all; replaces what had the name, a link too.
    [[nodiscard]] Status replace(const char* name, const Pieces& content) const;
    [[nodiscard]] Status replace(const char* name, std::string_view content) const;
    /// The same, for one of many files: a power failure may leave it empty until flush() has been called.
    [[nodiscard]] Status replace_unflushed(const char* name, std::string_view content) const;
    /// All that was written on this file system until now survives a power failure from then on.
    [[nodiscard]] Status flush() const;
    /// That it is not there is no error.
    [[nodiscard]] Status remove(const char* name) const;

private:
    Directory(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
    /// Opens by walking, component by component: no link is followed.
    [[nodiscard]] Result<Fd> walk(const std::filesystem::path& name, int flags) const;
    [[nodiscard]] Result<Fd> open_file(const std::filesystem::path& name, std::uint64_t largest) const;
    [[nodiscard]] Error unreadable(const std::filesystem::path& name, const Error& error) const;

    Fd fd_;
    std::filesystem::path path_;
};

}  // namespace blkhang
