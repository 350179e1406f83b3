// SPDX-License-Identifier: GPL-2.0-only
#include "base/replace.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/temporary_names.h"

namespace blkhang {
namespace {

constexpr const char* kDescriptors = "/proc/self/fd";  // by which linkat(2) gets at a file that has no name

/// Calls make(name) with names until one is not taken; that one, or an error.
template <class Make>
Result<std::string> with_unused_name(const Make& make) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
        std::string name = make_temporary_name();
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
        lock_temporary(made.file.get());
        return made;
    }
    auto name = with_unused_name([&](const std::string& each) {
        made.file.reset(::openat(directory, each.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
        if (!made.file.valid()) {
            return false;
        }
        lock_temporary(made.file.get());
        errno = EEXIST;  // another took it for one that was left, before it was locked
        return has_name(made.file.get());
    });
    if (!name) {
        return fail(name.error());
    }
    made.name = std::move(*name);
    return made;
}

/// As long as a file of ours has a name that it is not to keep, what ends this process has to wait.
class SignalsWait {
public:
    SignalsWait() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsWait(const SignalsWait&) = delete;
    SignalsWait& operator=(const SignalsWait&) = delete;
    ~SignalsWait() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

/// linkat(2) of a file that has no name.
bool link_it(int directory, const Temporary& temporary, const std::string& name) {
    const std::string file = fmt::format("{}/{}", kDescriptors, temporary.file.get());
    return ::linkat(AT_FDCWD, file.c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

/// Gives it a name if it has none: rename(2) takes names only.
Status name_it(int directory, Temporary& temporary) {
    if (!temporary.name.empty()) {
        return {};
    }
    auto name = with_unused_name([&](const std::string& each) { return link_it(directory, temporary, each); });
    if (!name) {
        return fail(name.error());
    }
    temporary.name = std::move(*name);
    return {};
}

/// With an errno if not.
bool is_regular(int directory, const std::string& name) {
    struct stat found {};
    errno = 0;
    return ::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode);
}

/// 0 or an errno.
int rename_in(int directory, const std::string& from, const std::string& to, unsigned flags) {
    return ::renameat2(directory, from.c_str(), directory, to.c_str(), flags) == 0 ? 0 : errno;
}

bool cannot(int reason) { return reason == EINVAL || reason == ENOSYS; }

/// Where there is nothing yet: EEXIST if there is.
int put_where_nothing_is(int directory, const Temporary& temporary, const std::string& name) {
    if (temporary.name.empty()) {
        return link_it(directory, temporary, name) ? 0 : errno;
    }
    const int reason = rename_in(directory, temporary.name, name, RENAME_NOREPLACE);
    struct stat found {};
    if (!cannot(reason)) {
        return reason;
    }
    return ::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0
               ? EEXIST
               : rename_in(directory, temporary.name, name, 0);
}

/// In exchange for what has the name, which is given back if it is no regular file: to look at it before would say what
/// it was.
int exchange_for_regular(int directory, const Temporary& temporary, const std::string& name) {
    const int reason = rename_in(directory, temporary.name, name, RENAME_EXCHANGE);
    if (cannot(reason)) {
        return is_regular(directory, name) ? rename_in(directory, temporary.name, name, 0) : EBUSY;
    }
    if (reason != 0) {
        return reason;
    }
    // Another may have taken it away, as nobody has it locked: only if it was regular.
    const bool is_fine = is_regular(directory, temporary.name) || errno == ENOENT;
    if (!is_fine) {
        rename_in(directory, temporary.name, name, RENAME_EXCHANGE);
    }
    ::unlinkat(directory, temporary.name.c_str(), 0);
    return is_fine ? 0 : EBUSY;
}

/// Only over a regular file, or over nothing. What has the name may come and go meanwhile.
Status take_regular_place(int directory, Temporary& temporary, const std::string& name) {
    constexpr int kTries = 100;
    int reason = EBUSY;
    for (int i = 0; i < kTries; ++i) {
        reason = put_where_nothing_is(directory, temporary, name);
        if (reason != EEXIST) {
            break;
        }
        if (auto named = name_it(directory, temporary); !named) {
            return named;
        }
        reason = exchange_for_regular(directory, temporary, name);
        if (reason != ENOENT) {
            break;
        }
    }
    return reason == 0 ? Status{} : fail(Error::from_errno(reason, "putting it in place"));
}

Status take_any_place(int directory, Temporary& temporary, const std::string& name) {
    if (temporary.name.empty() && put_where_nothing_is(directory, temporary, name) == 0) {
        return {};
    }
    if (auto named = name_it(directory, temporary); !named) {
        return named;
    }
    const int reason = rename_in(directory, temporary.name, name, 0);
    return reason == 0 ? Status{} : fail(Error::from_errno(reason, "renaming into place"));
}

Status take_place(int directory, Temporary& temporary, const std::string& name, bool only_regular) {
    const SignalsWait until_it_has_its_name;
    Status done =
        only_regular ? take_regular_place(directory, temporary, name) : take_any_place(directory, temporary, name);
    if (!done && !temporary.name.empty()) {
        ::unlinkat(directory, temporary.name.c_str(), 0);
    }
    return done;
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
    return !attributes.flushed || ::fsync(file) == 0 ? Status{} : fail_errno("flushing to disk");
}

}  // namespace

Status replace_at(int directory, const std::string& name, const Pieces& content, const FileAttributes& attributes) {
    remove_abandoned_before_writing(directory);
    auto temporary = make_temporary(directory, attributes.like ? 0600 : attributes.mode);
    if (!temporary) {
        return fail(temporary.error());
    }
    if (Status filled = fill(temporary->file.get(), content, attributes); !filled) {
        if (!temporary->name.empty()) {
            ::unlinkat(directory, temporary->name.c_str(), 0);
        }
        return filled;
    }
    if (Status placed = take_place(directory, *temporary, name, attributes.only_regular); !placed) {
        return placed;
    }
    // The new name must survive a machine that freezes right after this.
    return !attributes.flushed || ::fsync(directory) == 0 ? Status{} : fail_errno("flushing the directory to disk");
}

Status replace_at(int directory, const std::string& name, std::string_view content, const FileAttributes& attributes) {
    return replace_at(
        directory, name, [&](const TakesPiece& take) { return take(content); }, attributes);
}

}  // namespace blkhang
