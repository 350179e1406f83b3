// SPDX-License-Identifier: GPL-2.0-only
#include "lab/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <thread>

#include "base/signals.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

Result<fs::path> user_cache() {
    // The XDG rules: relative values are to be ignored.
    if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') {
        return fs::path(xdg);
    }
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
        return fs::path(home) / ".cache";
    }
    return fail(Error(Fault::broken, "no place for a cache").hint("set HOME or XDG_CACHE_HOME"));
}

}  // namespace

Result<fs::path> cache_directory() {
    auto base = user_cache();
    if (!base) {
        return base;
    }
    fs::path directory = *base / "blkhang";
    std::error_code problem;
    fs::create_directories(directory, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("cannot make the cache {}", directory.string()))
                        .hint("set XDG_CACHE_HOME to a writable directory with some 500 MiB of space"));
    }
    return directory;
}

Result<FileLock> FileLock::acquire(const fs::path& path, Deadline deadline) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd.valid()) {
        return fail_errno(fmt::format("cannot open the lock {}", path.string()));
    }
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return fail_errno(fmt::format("cannot lock {}", path.string()));
        }
        if (interrupted()) {
            return fail(Fault::broken, "interrupted");
        }
        if (deadline.passed()) {
            return fail(Error(Fault::broken, fmt::format("another blkhang has held {} for too long", path.string()))
                            .hint("wait for it to end, or end it"));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return FileLock(std::move(fd));
}

Status ensure_space(const fs::path& path, std::uint64_t bytes) {
    std::error_code problem;
    const auto space = fs::space(path, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("cannot tell how full {} is", path.string())));
    }
    if (space.available < bytes) {
        constexpr std::uint64_t kMiB = 1U << 20U;
        return fail(Error(Fault::broken, fmt::format("no space: {} MiB left at {}, {} MiB wanted",
                                                     space.available / kMiB, path.string(), bytes / kMiB))
                        .hint("make room, or set XDG_CACHE_HOME to a directory elsewhere"));
    }
    return {};
}

Status publish_directory(const fs::path& directory, const std::function<Status(const fs::path&)>& fill) {
    fs::path scratch = directory;
    scratch += ".part";
    std::error_code problem;
    fs::remove_all(scratch, problem);
    fs::create_directories(scratch, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("cannot make {}", scratch.string())));
    }
    if (Status filled = fill(scratch); !filled) {
        fs::remove_all(scratch, problem);
        return filled;
    }
    fs::remove_all(directory, problem);
    fs::rename(scratch, directory, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("cannot put {} in place", directory.string())));
    }
    return {};
}

std::string content_key(std::string_view content) {
    // FNV-1a, 64 bits: stable over builds and machines, which std::hash does not promise.
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const unsigned char byte : content) {
        hash = (hash ^ byte) * 0x100000001b3;
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace blkhang
