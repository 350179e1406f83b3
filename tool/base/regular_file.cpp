// SPDX-License-Identifier: GPL-2.0-only
#include "base/regular_file.h"

#include <fcntl.h>

#include <cerrno>
#include <string_view>

#include <fmt/format.h>

#include "base/file.h"
#include "base/sizes.h"

namespace blkhang {
namespace {

std::string_view kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFLNK:
            return "a link, which may lead anywhere";
        case S_IFDIR:
            return "a directory";
        case S_IFIFO:
            return "a FIFO";
        case S_IFSOCK:
            return "a socket";
        default:
            return "a device";
    }
}

tl::unexpected<Error> cannot_open(const std::filesystem::path& path) {
    return fail(Error::from_errno(errno, path.string(), Fault::usage));
}

}  // namespace

Status check_regular(const std::filesystem::path& path, const struct stat& found, std::uint64_t largest) {
    if (!S_ISREG(found.st_mode)) {
        return fail(Fault::usage,
                    fmt::format("{}: expected a regular file, found {}", path.string(), kind_of(found.st_mode)));
    }
    if (static_cast<std::uint64_t>(found.st_size) > largest) {
        return fail(Fault::usage,
                    fmt::format("{}: {} long, and no file of this kind is longer than {}", path.string(),
                                format_size(static_cast<std::uint64_t>(found.st_size)), format_size(largest)));
    }
    return {};
}

Result<Fd> open_regular(const std::filesystem::path& path, std::uint64_t largest) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return cannot_open(path);
    }
    // Before it is opened: to open a device may set something off.
    if (auto regular = check_regular(path, found, largest); !regular) {
        return fail(regular.error());
    }
    Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.valid() || ::fstat(file.get(), &found) != 0) {
        return cannot_open(path);
    }
    auto regular = check_regular(path, found, largest);
    return regular ? Result<Fd>(std::move(file)) : fail(regular.error());
}

Result<std::string> read_regular(const std::filesystem::path& path, std::size_t largest) {
    const auto file = open_regular(path, largest);
    if (!file) {
        return fail(file.error());
    }
    return read_descriptor(file->get(), largest).map_error([&](const Error& error) {
        return Error(Fault::usage, error.message()).within(fmt::format("reading {}", path.string()));
    });
}

}  // namespace blkhang
