// SPDX-License-Identifier: GPL-2.0-only
#include "base/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/output.h"
#include "base/path_name.h"
#include "base/regular_file.h"
#include "base/replace.h"
#include "base/sizes.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 255;  // that file systems take

tl::unexpected<Error> refuse(const fs::path& path, std::string_view why) {
    return fail(Fault::usage, fmt::format("{}: {}", path.string(), why));
}

tl::unexpected<Error> refuse_errno(const fs::path& path) {
    return fail(Error::from_errno(errno, path.string(), Fault::usage));
}

/// Of the file itself, never of what a link leads to.
bool look_at(int directory, const char* name, struct stat& found) {
    return ::fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace

Result<Directory> Directory::open(const fs::path& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd.valid() ? Result<Directory>(Directory(std::move(fd), path)) : refuse_errno(path);
}

Result<Directory> Directory::make(const fs::path& path) {
    auto made = make_directories(path);
    return made ? open(path) : fail(Fault::usage, made.error().message());
}

Result<Fd> Directory::walk(const fs::path& name, int flags) const {
    Fd at;
    for (auto part = name.begin(); part != name.end();) {
        const fs::path component = *part;
        const bool is_last = ++part == name.end();
        if (!is_path_name(component.native(), kLongestName)) {
            return refuse(path_ / name, "that is no name of ours");
        }
        const int from = at.valid() ? at.get() : fd_.get();
        Fd next(::openat(from, component.c_str(), (is_last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC));
        if (!next.valid()) {
            const int reason = errno;
            struct stat found {};
            if (look_at(from, component.c_str(), found) && S_ISLNK(found.st_mode)) {
                return refuse(path_ / name, fmt::format("'{}' is a link, which may lead anywhere", component.string()));
            }
            errno = reason;
            return refuse_errno(path_ / name);
        }
        at = std::move(next);
    }
    return at;
}

Result<Directory> Directory::below(const fs::path& name) const {
    return walk(name, O_RDONLY | O_DIRECTORY).map([&](Fd fd) { return Directory(std::move(fd), path_ / name); });
}

Result<Directory> Directory::make_below(const std::string& name) const {
    if (::mkdirat(fd_.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
        return fail(unwritable(path_ / name, errno));
    }
    return below(name);
}

bool Directory::has(const fs::path& name) const {
    struct stat found {};
    if (!name.has_parent_path()) {
        return look_at(fd_.get(), name.c_str(), found);
    }
    const auto parent = below(name.parent_path());
    return parent && look_at(parent->fd_.get(), name.filename().c_str(), found);
}

Result<Fd> Directory::open_file(const fs::path& name, std::uint64_t largest) const {
    // Looked at before it is opened: opening a device may set something off, and a FIFO waits for its other end.
    auto entry = walk(name, O_PATH);
    if (!entry) {
        return entry;
    }
    struct stat found {};
    if (::fstat(entry->get(), &found) != 0) {
        return refuse_errno(path_ / name);
    }
    if (auto regular = check_regular(path_ / name, found, largest); !regular) {
        return fail(regular.error());
    }
    auto file = walk(name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) {
        return file;
    }
    if (::fstat(file->get(), &found) != 0) {
        return refuse_errno(path_ / name);
    }
    auto regular = check_regular(path_ / name, found, largest);
    return regular ? std::move(file) : fail(regular.error());
}

Result<std::uint64_t> Directory::size(const fs::path& name, std::uint64_t largest) const {
    const auto file = open_file(name, largest);
    struct stat found {};
    if (file && ::fstat(file->get(), &found) != 0) {
        return refuse_errno(path_ / name);
    }
    return file.map([&](const Fd&) { return static_cast<std::uint64_t>(found.st_size); });
}

Result<std::string> Directory::read(const fs::path& name, std::size_t largest) const {
    const auto file = open_file(name, largest);
    if (!file) {
        return fail(file.error());
    }
    return read_descriptor(file->get(), largest).map_error([&](const Error& error) { return unreadable(name, error); });
}

Result<std::string> Directory::read_end(const fs::path& name, std::uint64_t largest, std::size_t count) const {
    const auto file = open_file(name, largest);
    if (!file) {
        return fail(file.error());
    }
    const auto size = ::lseek(file->get(), 0, SEEK_END);
    ::lseek(file->get(), std::max<off_t>(size - static_cast<off_t>(count), 0), SEEK_SET);
    // It may be growing.
    return read_descriptor(file->get(), largest).map_error([&](const Error& error) { return unreadable(name, error); });
}

Status Directory::each_line(const fs::path& name, std::uint64_t largest,
                            const std::function<void(std::string_view)>& visit) const {
    const auto file = open_file(name, largest);
    if (!file) {
        return fail(file.error());
    }
    constexpr std::size_t kAtOnce = std::size_t{64} << 10U;
    std::string unread;  // the beginning of a line, or more
    for (bool ended = false; !ended;) {
        const std::size_t kept = unread.size();
        unread.resize(kept + kAtOnce);
        const auto count = read_some(file->get(), unread.data() + kept, kAtOnce);
        if (!count) {
            return fail(unreadable(name, count.error()));
        }
        unread.resize(kept + *count);
        ended = *count == 0;
        std::string_view rest = unread;
        for (auto end = rest.find('\n'); end <= limits::kLine; end = rest.find('\n')) {
            visit(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        if (rest.size() > limits::kLine) {
            return refuse(path_ / name, fmt::format("a line longer than {}", format_size(limits::kLine)));
        }
        if (ended && !rest.empty()) {
            visit(rest);
        }
        unread.erase(0, unread.size() - rest.size());
    }
    return {};
}

Error Directory::unreadable(const fs::path& name, const Error& error) const {
    return Error(Fault::usage, error.message()).within((path_ / name).string());
}

Result<Fd> Directory::create(const char* name) const {
    Fd file(::openat(fd_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0644));
    if (!file.valid()) {
        return fail(unwritable(path_ / name, errno));
    }
    return file;
}

Status Directory::replace(const char* name, std::string_view content) const {
    return replace(name, [&](const TakesPiece& take) { return take(content); });
}

Status Directory::replace(const char* name, const Pieces& content) const {
    return replace_at(fd_.get(), name, content).map_error([&](Error error) {
        return std::move(error).within(fmt::format("writing {}", (path_ / name).string()));
    });
}

Status Directory::replace_unflushed(const char* name, std::string_view content) const {
    return replace_at(fd_.get(), name, content, {.flushed = false}).map_error([&](Error error) {
        return std::move(error).within(fmt::format("writing {}", (path_ / name).string()));
    });
}

Status Directory::flush() const {
    return ::syncfs(fd_.get()) == 0 ? Status{} : fail_errno(fmt::format("flushing {} to disk", path_.string()));
}

Status Directory::remove(const char* name) const {
    if (::unlinkat(fd_.get(), name, 0) != 0 && errno != ENOENT) {
        return fail_errno(fmt::format("removing {}", (path_ / name).string()));
    }
    return {};
}

}  // namespace blkhang
