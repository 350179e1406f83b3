// SPDX-License-Identifier: GPL-2.0-only
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "base/replace.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

Result<Fd> open_file(const fs::path& path, int flags, mode_t mode = 0) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!fd.valid()) {
        return fail_errno(fmt::format("opening {}", path.string()));
    }
    return fd;
}

}  // namespace

Result<std::size_t> read_some(int fd, char* buffer, std::size_t size) {
    ssize_t count = 0;
    do {
        count = ::read(fd, buffer, size);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? fail_errno("cannot be read") : Result<std::size_t>(static_cast<std::size_t>(count));
}

Result<std::string> read_descriptor(int fd, std::size_t limit) {
    std::string content;
    std::array<char, 16384> buffer{};
    for (;;) {
        const auto count = read_some(fd, buffer.data(), buffer.size());
        if (!count) {
            return fail(count.error());
        }
        if (*count == 0) {
            return content;
        }
        content.append(buffer.data(), *count);
        if (content.size() > limit) {
            return fail(Fault::broken, fmt::format("larger than {} bytes", limit));
        }
    }
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
    const auto file = open_file(path, O_RDONLY);
    if (!file) {
        return fail(file.error());
    }
    return read_descriptor(file->get(), limit).map_error([&](Error error) {
        return std::move(error).within(fmt::format("reading {}", path.string()));
    });
}

Status write_all(int fd, std::string_view data) {
    while (!data.empty()) {
        const ssize_t count = ::write(fd, data.data(), data.size());
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return fail_errno("writing");
        }
        data.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Status write_file(const fs::path& path, std::string_view content) {
    auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (!file) {
        return fail(file.error());
    }
    if (auto written = write_all(file->get(), content); !written) {
        return fail_within(written.error(), path.string());
    }
    return {};
}

Status write_knob(const fs::path& path, std::string_view value) {
    auto file = open_file(path, O_WRONLY);
    if (!file) {
        return fail(file.error());
    }
    const ssize_t count = ::write(file->get(), value.data(), value.size());
    if (count < 0) {
        return fail_errno(fmt::format("writing '{}' to {}", value, path.string()));
    }
    if (static_cast<std::size_t>(count) != value.size()) {
        return fail(Fault::broken, fmt::format("writing '{}' to {}: the kernel took {} of {} bytes", value,
                                               path.string(), count, value.size()));
    }
    return {};
}

Status replace_file(const fs::path& path, std::string_view content) {
    const std::string context = fmt::format("replacing {}", path.string());
    const auto directory =
        open_file(path.has_parent_path() ? path.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
    if (!directory) {
        return fail_within(directory.error(), context);
    }
    return replace_at(directory->get(), path.filename(), content).map_error([&](Error error) {
        return std::move(error).within(context);
    });
}

bool is_there(const fs::path& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0;
}

Status make_directories(const fs::path& path) {
    fs::path at;
    for (const fs::path& part : path) {
        at /= part;
        if (::mkdir(at.c_str(), 0755) == 0) {
            continue;
        }
        const int reason = errno;
        struct stat found {};
        const bool is_there = ::stat(at.c_str(), &found) == 0;
        if (!is_there || !S_ISDIR(found.st_mode)) {
            return fail(
                Error::from_errno(is_there ? ENOTDIR : reason, fmt::format("making the directory {}", path.string())));
        }
    }
    return {};
}

Result<TempDir> TempDir::make(std::string_view prefix) {
    const char* const base = std::getenv("TMPDIR");
    std::string name = (fs::path(base != nullptr && *base != '\0' ? base : "/tmp") / prefix).string() + ".XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        return fail(Error::from_errno(errno, fmt::format("creating a directory {}", name))
                        .hint("set TMPDIR to a writable directory with free space"));
    }
    return TempDir(name);
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}

TempDir::~TempDir() {
    if (!path_.empty()) {
        std::error_code ignored;  // nobody is left to tell
        fs::remove_all(path_, ignored);
    }
}

}  // namespace blkhang
