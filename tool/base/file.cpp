// SPDX-License-Identifier: GPL-2.0-only
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

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

ssize_t read_retrying(int fd, char* buffer, std::size_t size) {
    ssize_t count = 0;
    do {
        count = ::read(fd, buffer, size);
    } while (count < 0 && errno == EINTR);
    return count;
}

/// Fills, syncs and renames a temporary file; the caller removes it when this fails.
Status publish(const Fd& file, const fs::path& temporary, const fs::path& path, std::string_view content) {
    if (auto written = write_all(file.get(), content); !written) {
        return written;
    }
    if (::fchmod(file.get(), 0644) != 0 || ::fsync(file.get()) != 0) {
        return fail_errno("flushing to disk");
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        return fail_errno("renaming into place");
    }
    // The new name must survive a machine that freezes right after this.
    auto directory = open_file(path.has_parent_path() ? path.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
    if (!directory) {
        return fail(std::move(directory).error());
    }
    if (::fsync(directory->get()) != 0) {
        return fail_errno("flushing the directory to disk");
    }
    return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
    auto file = open_file(path, O_RDONLY);
    if (!file) {
        return fail(std::move(file).error());
    }
    std::string content;
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t count = read_retrying(file->get(), buffer.data(), buffer.size());
        if (count < 0) {
            return fail_errno(fmt::format("reading {}", path.string()));
        }
        if (count == 0) {
            return content;
        }
        content.append(buffer.data(), static_cast<std::size_t>(count));
        if (content.size() > limit) {
            return fail(Fault::broken, fmt::format("reading {}: larger than {} bytes", path.string(), limit));
        }
    }
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
        return fail(std::move(file).error());
    }
    if (auto written = write_all(file->get(), content); !written) {
        return fail_within(std::move(written).error(), path.string());
    }
    return {};
}

Status write_knob(const fs::path& path, std::string_view value) {
    auto file = open_file(path, O_WRONLY);
    if (!file) {
        return fail(std::move(file).error());
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
    std::string temporary = path.string() + ".XXXXXX";
    const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file.valid()) {
        return fail_errno(fmt::format("creating a temporary file beside {}", path.string()));
    }
    if (auto published = publish(file, temporary, path, content); !published) {
        ::unlink(temporary.c_str());
        return fail_within(std::move(published).error(), fmt::format("replacing {}", path.string()));
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
