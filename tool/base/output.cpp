// SPDX-License-Identifier: GPL-2.0-only
#include "base/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/replace.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Where the links lead; the file itself need not be there. Like realpath(3), but of the last component only, since
/// that one alone may be missing.
Result<fs::path> behind_links(const fs::path& path) {
    constexpr int kMost = 40;  // as many as the kernel follows
    fs::path at = path;
    for (int i = 0; i < kMost; ++i) {
        std::error_code problem;
        const fs::path target = fs::read_symlink(at, problem);
        if (problem) {
            return at;
        }
        at = at.parent_path() / target;  // an absolute target replaces all of it
    }
    return fail(unwritable(path, ELOOP));
}

/// The number of an open descriptor of ours, where the path means one, as /dev/stdout and /dev/fd/3 do. Opened anew by
/// its name, a file behind it would be written from its beginning, and replaced behind the back of all that share it.
std::optional<int> descriptor_meant(const fs::path& path) {
    fs::path at = path;
    std::error_code problem;
    for (int i = 0; i < 8 && !problem; ++i) {
        const std::string name = at.filename();
        int number = -1;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        const bool is_number = error == std::errc{} && end == name.data() + name.size();
        if (is_number && fs::equivalent(at.parent_path(), "/proc/self/fd", problem)) {
            return number;
        }
        at = at.parent_path() / fs::read_symlink(at, problem);
    }
    return std::nullopt;
}

Status write_through(int fd, const fs::path& path, const Pieces& content) {
    return content([&](std::string_view piece) {
        return write_all(fd, piece).map_error([&](Error error) { return std::move(error).within(path.string()); });
    });
}

Status write_to_special(const fs::path& path, const Pieces& content) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
    struct stat found {};
    if (!file.valid() || ::fstat(file.get(), &found) != 0) {
        return fail(unwritable(path, errno));
    }
    // It was no regular file a moment ago; written through, one would keep what is behind our end.
    return S_ISREG(found.st_mode) ? fail(unwritable(path, EBUSY)) : write_through(file.get(), path, content);
}

}  // namespace

Error unwritable(const fs::path& path, int reason) {
    return Error::from_errno(reason, fmt::format("cannot write {}", path.string()), Fault::usage);
}

Status write_output(const fs::path& path, std::string_view content) {
    return write_output(path, [&](const TakesPiece& take) { return take(content); });
}

Status write_output(const fs::path& path, const Pieces& content) {
    if (path.empty()) {
        return fail(Fault::usage, "the name of the file to write is empty");
    }
    if (const auto descriptor = descriptor_meant(path)) {
        return ::fcntl(*descriptor, F_GETFD) >= 0 ? write_through(*descriptor, path, content)
                                                  : fail(unwritable(path, errno));
    }
    struct stat found {};
    const bool exists = ::stat(path.c_str(), &found) == 0;
    if (!exists && errno != ENOENT) {
        return fail(unwritable(path, errno));
    }
    if (exists && S_ISDIR(found.st_mode)) {
        return fail(unwritable(path, EISDIR).hint("name a file in it"));
    }
    if (exists && !S_ISREG(found.st_mode)) {
        return write_to_special(path, content);
    }
    const auto target = behind_links(path);
    if (!target) {
        return fail(target.error());
    }
    const fs::path parent = target->has_parent_path() ? target->parent_path() : fs::path(".");
    const Fd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.valid() || !target->has_filename()) {
        return fail(
            unwritable(path, directory.valid() ? EISDIR : errno).hint("name a file in a directory that exists"));
    }
    if (::faccessat(directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
        return fail(
            unwritable(path, errno).hint(fmt::format("it needs a place in {} while it is written", parent.string())));
    }
    const FileAttributes attributes{0666, exists ? std::optional(found) : std::nullopt, /*only_regular=*/true};
    return replace_at(directory.get(), target->filename(), content, attributes).map_error([&](Error error) {
        return std::move(error).within(fmt::format("writing {}", path.string()));
    });
}

}  // namespace blkhang
