// SPDX-License-Identifier: GPL-2.0-only
#include "lab/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/regular_file.h"
#include "base/signals.h"
#include "lab/digest.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr const char* kScratch = ".part";    // of publish_directory()
constexpr const char* kDownloads = ".debs";  // of fetch_deb_tree()

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

bool is_ours(const struct stat& found) { return found.st_uid == ::geteuid() || found.st_uid == 0; }

/// May nobody but us and root exchange what is in that directory? Where each user has a group of his own, which bears
/// his number, that group is he himself.
bool keeps_names(const struct stat& directory) {
    const bool own_group = directory.st_gid == directory.st_uid;
    const mode_t others = S_IWOTH | (own_group ? 0 : S_IWGRP);
    return is_ours(directory) && ((directory.st_mode & others) == 0 || (directory.st_mode & S_ISVTX) != 0);
}

/// The first directory or link on the way to `path` at which somebody else can lead us elsewhere; empty if there is
/// none.
fs::path exchangeable(const fs::path& path) {
    fs::path at;
    for (const fs::path& part : fs::absolute(path).parent_path()) {
        at /= part;
        struct stat found {};
        if (::lstat(at.c_str(), &found) != 0) {
            return at;
        }
        if (!S_ISLNK(found.st_mode)) {
            if (!keeps_names(found)) {
                return at;
            }
            continue;
        }
        std::error_code problem;
        const fs::path behind = fs::canonical(at, problem);
        if (problem || !is_ours(found)) {
            return at;
        }
        if (fs::path there = exchangeable(behind / "x"); !there.empty()) {
            return there;
        }
    }
    return {};
}

/// What is in there is booted, and built with, by whoever runs this: nobody else may be able to exchange it.
Status check_private(const fs::path& directory) {
    constexpr const char* kElsewhere = "set XDG_CACHE_HOME to a directory of your own";
    struct stat found {};
    if (::lstat(directory.c_str(), &found) != 0) {
        return fail_errno(directory.string());
    }
    if (!S_ISDIR(found.st_mode)) {
        return fail(Error(Fault::usage, fmt::format("the cache {} is a link", directory.string())).hint(kElsewhere));
    }
    if (found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(Error(Fault::usage, fmt::format("the cache {} can be changed by other users", directory.string()))
                        .hint(fmt::format("{}; or remove it, and it is made anew", kElsewhere)));
    }
    if (const fs::path where = exchangeable(directory); !where.empty()) {
        return fail(Error(Fault::usage, fmt::format("the cache {} can be exchanged by other users, at {}",
                                                    directory.string(), where.string()))
                        .hint(kElsewhere));
    }
    return {};
}

}  // namespace

Result<fs::path> cache_directory() {
    auto base = user_cache();
    if (!base) {
        return base;
    }
    fs::path directory = *base / "blkhang";
    if (Status made = make_directories(directory); !made) {
        return fail(Error(Fault::usage, made.error().message())
                        .within("no cache")
                        .hint("set XDG_CACHE_HOME to a writable directory with some 500 MiB of space"));
    }
    if (Status is_private = check_private(directory); !is_private) {
        return fail(is_private.error());
    }
    return directory;
}

Result<std::optional<FileLock>> FileLock::try_acquire(const fs::path& path) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644));
    if (!fd.valid()) {
        return fail_errno(fmt::format("cannot open the lock {}", path.string()));
    }
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) {
        return fail_errno(path.string());
    }
    if (Status regular = check_regular(path, found, UINT64_MAX); !regular) {
        return fail(regular.error());
    }
    int locked = 0;
    do {
        locked = ::flock(fd.get(), LOCK_EX | LOCK_NB);
    } while (locked != 0 && errno == EINTR);
    if (locked != 0 && errno != EWOULDBLOCK) {
        return fail_errno(fmt::format("cannot lock {}", path.string()));
    }
    return locked == 0 ? std::optional(FileLock(std::move(fd))) : std::nullopt;
}

Result<FileLock> FileLock::acquire(const fs::path& path, Deadline deadline) {
    for (;;) {
        auto lock = try_acquire(path);
        if (!lock || *lock) {
            return lock ? Result<FileLock>(std::move(**lock)) : fail(lock.error());
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
}

bool is_scratch(const fs::path& name) { return name.extension() == kScratch || name.extension() == kDownloads; }

Result<FileLock> lock_cache(const fs::path& cache) {
    auto lock = FileLock::acquire(cache / "lock", Deadline::after(std::chrono::minutes(20)));
    for (const char* kind : {"kernels", "headers", "modules"}) {
        std::vector<fs::path> leftovers;
        std::error_code none;
        for (fs::directory_iterator at(cache / kind, none), end; lock && !none && at != end; at.increment(none)) {
            if (is_scratch(at->path())) {
                leftovers.push_back(at->path());
            }
        }
        for (const fs::path& leftover : leftovers) {
            fs::remove_all(leftover, none);
        }
    }
    return lock;
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

Status take_from_others(const fs::path& directory) {
    constexpr fs::perms kTheirs = fs::perms::group_write | fs::perms::others_write;
    std::error_code problem;
    for (fs::recursive_directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
        const fs::file_status status = at->symlink_status(problem);
        if (!problem && !fs::is_symlink(status) && (status.permissions() & kTheirs) != fs::perms::none) {
            fs::permissions(at->path(), kTheirs, fs::perm_options::remove, problem);
        }
    }
    return problem ? fail(Error::from_errno(problem.value(), directory.string())) : Status{};
}

Status publish_directory(const fs::path& directory, const std::function<Status(const fs::path&)>& fill) {
    fs::path scratch = directory;
    scratch += kScratch;
    std::error_code problem;
    fs::remove_all(scratch, problem);
    Status done = make_directories(scratch).and_then([&] { return fill(scratch); }).and_then([&] {
        return take_from_others(scratch);
    });
    if (!done) {
        fs::remove_all(scratch, problem);
        return done;
    }
    fs::remove_all(directory, problem);
    fs::rename(scratch, directory, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("cannot put {} in place", directory.string())));
    }
    return {};
}

std::string content_key(std::string_view content) {
    constexpr std::size_t kDigits = 32;  // nobody finds another content for them
    return digest(content).substr(0, kDigits);
}

}  // namespace blkhang
