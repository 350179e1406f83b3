// SPDX-License-Identifier: GPL-2.0-only
#include "stage/loop_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sizes.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Others may take the device that was free just now.
constexpr int kLoopTries = 16;

/// Without links, as the kernel tells what a device is backed by.
Result<fs::path> without_links(const fs::path& file) {
    std::error_code error;
    const auto directory = fs::canonical(fs::absolute(file).parent_path(), error);
    if (error || file.filename().empty()) {
        return fail(Error::from_errno(error ? error.value() : EISDIR, fmt::format("the directory of {}", file.string()),
                                      Fault::usage));
    }
    return directory / file.filename();
}

/// What was only set aside is converted when it is first written to, which takes a transaction of the filesystem's
/// journal. That may wait for a task that reclaims memory, and that task for what is swapped out to the file.
Status write_zeroes(int fd, std::uint64_t bytes) {
    constexpr std::uint64_t kChunk = std::uint64_t{1} << 20U;
    constexpr std::uint64_t kBetweenSyncs = 64 * kChunk;  // the page cache is needed by others
    const std::string zeroes(kChunk, '\0');
    for (std::uint64_t at = 0; at < bytes; at += kChunk) {
        if (auto written = write_all(fd, std::string_view(zeroes).substr(0, std::min(kChunk, bytes - at))); !written) {
            return written;
        }
        const auto end = std::min(at + kChunk, bytes);
        if (end == bytes || end % kBetweenSyncs == 0) {
            if (::fsync(fd) != 0) {
                return fail_errno("writing zeroes");
            }
            static_cast<void>(::posix_fadvise(fd, 0, static_cast<off_t>(end), POSIX_FADV_DONTNEED));
        }
    }
    return {};
}

Error cannot_set_aside(int failed) {
    // EISDIR: a kernel that does not know O_TMPFILE, before 3.11.
    const bool is_unable = failed == EOPNOTSUPP || failed == ENOSYS || failed == EISDIR;
    return Error::from_errno(failed, "in its directory", is_unable ? Fault::unsupported : Fault::broken)
        .hint(is_unable ? "name a directory on ext4, XFS or btrfs" : "name a directory with more room");
}

/// A file with room for so many bytes that has no name yet: it is gone if its maker is killed.
Result<Fd> room_without_name(const fs::path& directory, std::uint64_t bytes) {
    constexpr mode_t kOursAlone = 0600;
    Fd made{::open(directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, kOursAlone)};
    if (!made.valid()) {
        return fail(cannot_set_aside(errno));
    }
    while (::fallocate(made.get(), 0, 0, static_cast<off_t>(bytes)) != 0) {
        if (errno != EINTR) {
            return fail(cannot_set_aside(errno));
        }
    }
    if (auto written = write_zeroes(made.get(), bytes); !written) {
        return fail(written.error());
    }
    return made;
}

/// An open file, and by what it is known again.
struct KnownFile {
    Fd fd;
    change::FileIdentity identity;
};

/// It gets its name last, which the ledger can then be told with its inode: what somebody else gives that name to
/// meanwhile, or later, is not removed.
Result<KnownFile> make_room(const Staging& staging, const fs::path& file, std::uint64_t bytes) {
    auto made = room_without_name(file.parent_path(), bytes);
    if (!made) {
        return fail_within(made.error(), fmt::format("setting aside {} for {}", format_size(bytes), file.string()));
    }
    struct stat found {};
    if (::fstat(made->get(), &found) != 0) {
        return fail_errno(fmt::format("looking at {}", file.string()));
    }
    if (auto told = staging.ledger.tell(change::File{file, found.st_ino}); !told) {
        return fail(told.error());
    }
    const auto nameless = fmt::format("/proc/self/fd/{}", made->get());
    if (::linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, file.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        return fail(Error::from_errno(errno, fmt::format("making {}", file.string()),
                                      errno == EEXIST ? Fault::usage : Fault::broken));
    }
    return KnownFile{std::move(*made), {found.st_dev, found.st_ino}};
}

Result<Fd> open_loop_control(const Staging& staging) {
    // To open it loads the module, where it is one.
    if (!is_there(staging.roots.sys() / "module" / "loop")) {
        if (auto told = staging.ledger.tell(change::Module{"loop"}); !told) {
            return fail(told.error());
        }
    }
    Fd control{::open((staging.roots.dev() / "loop-control").c_str(), O_RDWR | O_CLOEXEC)};
    if (!control.valid()) {
        return fail(Error::from_errno(errno, "opening /dev/loop-control", Fault::unsupported)
                        .hint("the kernel needs CONFIG_BLK_DEV_LOOP, or its module loop"));
    }
    return control;
}

}  // namespace

Result<fs::path> make_loop_disk(const Staging& staging, const fs::path& wanted, std::uint64_t bytes) {
    const auto file = without_links(wanted);
    if (!file) {
        return fail(file.error());
    }
    const auto context = [&] { return fmt::format("making a loop device of {}", file->string()); };
    // A link that leads nowhere is something, too.
    std::error_code none;
    if (fs::exists(fs::symlink_status(*file, none))) {
        return fail_within(Error::from_errno(EEXIST, fmt::format("making {}", file->string()), Fault::usage),
                           context());
    }
    const auto room = make_room(staging, *file, bytes);
    if (!room) {
        return fail_within(room.error(), context());
    }
    const auto control = open_loop_control(staging);
    if (!control) {
        return fail_within(control.error(), context());
    }
    int failed = 0;
    for (int i = 0; i < kLoopTries; ++i) {
        int number = 0;
        if (failed = staging.calls.find_free_loop(control->get(), number); failed != 0) {
            break;
        }
        const auto disk = staging.roots.dev() / fmt::format("loop{}", number);
        if (auto told = staging.ledger.tell(change::LoopDisk{disk, *file, room->identity}); !told) {
            return fail(told.error());
        }
        const Fd open{::open(disk.c_str(), O_RDWR | O_CLOEXEC)};
        if (!open.valid()) {
            return fail_within(Error::from_errno(errno, fmt::format("opening {}", disk.string())), context());
        }
        failed = staging.calls.attach_loop(open.get(), room->fd.get(), *file);
        if (failed == 0) {
            return disk;
        }
        if (failed != EBUSY) {
            break;
        }
    }
    return fail(Error::from_errno(failed, context()));
}

}  // namespace blkhang
