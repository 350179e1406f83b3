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

constexpr const char* kDescriptors = "/proc/self/fd";  // by which linkat(2) gets at a file that has no name

/// A name that nobody else makes meanwhile. It is short, whatever the file's own name is.
std::string unused_name() {
    std::array<unsigned char, 6> random{};
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        random.back() = static_cast<unsigned char>(::getpid());  // kernels before 3.17; O_EXCL finds what collides
    }
    std::string name = "blkhang-";
    for (const unsigned char byte : random) {
        name += static_cast<char>('a' + byte % 26);
    }
    return name + ".part";
}

/// Calls make(name) with names until one is not taken; that one, or an error.
template <class Make>
Result<std::string> with_unused_name(const Make& make) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
        std::string name = unused_name();
        if (make(name)) {
            return name;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return fail_errno("creating a temporary file beside it");
}

struct Temporary {
    std::string name;  ///< empty as long as it has none
    Fd file;
};

/// Without a name where the file system can do that: whatever ends us meanwhile leaves nothing then.
Result<Temporary> make_temporary(int directory, mode_t mode) {
    Temporary made;
    if (::access(kDescriptors, X_OK) == 0) {
        made.file.reset(::openat(directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode));
    }
    if (made.file.valid()) {
        return made;
    }
    auto name = with_unused_name([&](const std::string& each) {
        made.file.reset(::openat(directory, each.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
        return made.file.valid();
    });
    if (!name) {
        return fail(name.error());
    }
    made.name = std::move(*name);
    return made;
}

/// Gives it a name if it has none: rename(2) takes names only.
Status name_it(int directory, Temporary& temporary) {
    if (!temporary.name.empty()) {
        return {};
    }
    const std::string file = fmt::format("{}/{}", kDescriptors, temporary.file.get());
    auto name = with_unused_name([&](const std::string& each) {
        return ::linkat(AT_FDCWD, file.c_str(), directory, each.c_str(), AT_SYMLINK_FOLLOW) == 0;
    });
    if (!name) {
        return fail(name.error());
    }
    temporary.name = std::move(*name);
    return {};
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
    auto temporary = make_temporary(directory, attributes.like ? 0600 : attributes.mode);
    if (!temporary) {
        return fail(temporary.error());
    }
    Status done =
        fill(temporary->file.get(), content, attributes).and_then([&] { return name_it(directory, *temporary); });
    if (done && ::renameat(directory, temporary->name.c_str(), directory, name.c_str()) != 0) {
        done = fail_errno("renaming into place");
    }
    if (!done) {
        if (!temporary->name.empty()) {
            ::unlinkat(directory, temporary->name.c_str(), 0);
        }
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
