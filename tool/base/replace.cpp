// SPDX-License-Identifier: GPL-2.0-only
#include "base/replace.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "base/fd.h"

namespace blkhang {
namespace {

/// A name that nobody else makes meanwhile, fit for a file name.
std::string beside(const std::string& name) {
    std::array<unsigned char, 6> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        random.back() = static_cast<unsigned char>(::getpid());  // kernels before 3.17; O_EXCL finds what collides
    }
    std::string temporary = name + ".";
    for (const unsigned char byte : random) {
        temporary += static_cast<char>('a' + byte % 26);
    }
    return temporary;
}

struct Temporary {
    std::string name;
    Fd file;
};

Result<Temporary> make_temporary(int directory, const std::string& name, mode_t mode) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
        Temporary made{beside(name), {}};
        made.file.reset(
            ::openat(directory, made.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
        if (made.file.valid()) {
            return made;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return fail_errno("creating a temporary file beside it");
}

Status fill(int file, const Pieces& content, const FileAttributes& attributes) {
    if (auto written = content([&](std::string_view piece) { return write_all(file, piece); }); !written) {
        return written;
    }
    if (attributes.like) {
        // Not ours to give away unless we are root; the mode comes after it, which takes set-id bits away.
        [[maybe_unused]] const int ignored = ::fchown(file, attributes.like->st_uid, attributes.like->st_gid);
        if (::fchmod(file, attributes.like->st_mode & 0777U) != 0) {
            return fail_errno("setting its mode");
        }
    }
    return ::fsync(file) == 0 ? Status{} : fail_errno("flushing to disk");
}

}  // namespace

Status replace_at(int directory, const std::string& name, const Pieces& content, const FileAttributes& attributes) {
    const auto temporary = make_temporary(directory, name, attributes.like ? 0600 : attributes.mode);
    if (!temporary) {
        return fail(temporary.error());
    }
    Status done = fill(temporary->file.get(), content, attributes);
    if (done && ::renameat(directory, temporary->name.c_str(), directory, name.c_str()) != 0) {
        done = fail_errno("renaming into place");
    }
    if (!done) {
        ::unlinkat(directory, temporary->name.c_str(), 0);
        return done;
    }
    // The new name must survive a machine that freezes right after this.
    return ::fsync(directory) == 0 ? Status{} : fail_errno("flushing the directory to disk");
}

Status replace_at(int directory, const std::string& name, std::string_view content, const FileAttributes& attributes) {
    return replace_at(
        directory, name, [&](const TakesPiece& take) { return take(content); }, attributes);
}

}  // namespace blkhang
