// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/journal_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "base/output.h"
#include "base/shell.h"
#include "evidence/aligned.h"
#include "machine/device_claim.h"
#include "machine/queues_below.h"
#include "stage/device_header.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

// Not in <linux/magic.h>.
constexpr long kZfs = 0x2fc12fc1, kBcachefs = static_cast<long>(0xca451a4e), kFuse = 0x65735546;

struct Unfit {
    long magic;
    std::string_view why;
};
/// Where a file is no place for a journal.
constexpr std::array kUnfit{
    Unfit{TMPFS_MAGIC, "it is in memory, which does not outlive the machine"},
    Unfit{RAMFS_MAGIC, "it is in memory, which does not outlive the machine"},
    Unfit{BTRFS_SUPER_MAGIC, "its file system allocates anew for each write (copy on write)"},
    Unfit{kZfs, "its file system allocates anew for each write (copy on write)"},
    Unfit{kBcachefs, "its file system allocates anew for each write (copy on write)"},
    Unfit{NFS_SUPER_MAGIC, "its file system needs a server: send to a collector instead"},
    Unfit{kFuse, "its file system needs a program, which may freeze with the machine"},
};

Error unfit(const fs::path& path, std::string_view why) {
    return Error(Fault::usage, fmt::format("{} is no place for a journal: {}", path.string(), why))
        .hint("a file on another disk than those at risk, a disk that 'blkhang prepare' has marked, or /dev/pmem0");
}

Status write_at(const Fd& file, std::string_view bytes, std::uint64_t at, const fs::path& path) {
    if (::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes.size())) {
        return fail_errno(fmt::format("writing the journal {}", path.string()));
    }
    return {};
}

/// Every block is written, so that none has to be found room for later, and nothing of what was there before is taken
/// for evidence.
Status lay_out(const Fd& file, std::uint64_t offset, const JournalLayout& layout, const fs::path& path) {
    AlignedBuffer zeros(std::size_t{1} << 20U);
    const std::uint64_t size = layout.blocks() * JournalLayout::kBlock;
    for (std::uint64_t done = 0; done < size; done += zeros.size()) {
        const std::size_t piece = std::min<std::uint64_t>(zeros.size(), size - done);
        if (auto written = write_at(file, {zeros.data(), piece}, offset + done, path); !written) {
            return written;
        }
    }
    AlignedBuffer head(JournalLayout::kBlock);
    const auto content = journal_head(layout);
    std::ranges::copy(content, head.data());
    return write_at(file, {head.data(), head.size()}, offset, path);
}

Result<std::optional<JournalLayout>> layout_at(const Fd& file, std::uint64_t offset, const fs::path& path) {
    AlignedBuffer head(JournalLayout::kBlock);
    const auto size = ::pread(file.get(), head.data(), head.size(), static_cast<off_t>(offset));
    if (size < 0) {
        return fail_errno(fmt::format("reading the journal {}", path.string()));
    }
    return read_journal_head({head.data(), static_cast<std::size_t>(size)});
}

/// One writer at a time.
Status take_alone(const Fd& file, const fs::path& path) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? fail(Error(Fault::usage, fmt::format("another blkhang writes into the journal {}", path.string()))
                              .hint("name another place"))
                   : fail_errno(fmt::format("locking the journal {}", path.string()));
    }
    return {};
}

/// The same file, for writes that are on the disk when they return and leave nothing in the page cache.
Result<Fd> reopened(const Fd& file, const fs::path& path) {
    Fd direct(::open(fmt::format("/proc/self/fd/{}", file.get()).c_str(), O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC));
    if (!direct.valid() && errno == EINVAL) {
        return fail(unfit(path, "its file system has no direct IO"));
    }
    if (!direct.valid()) {
        return fail(unwritable(path, errno));
    }
    return direct;
}

Status check_file_system(const Fd& file, const fs::path& path) {
    struct statfs found {};
    if (::fstatfs(file.get(), &found) != 0) {
        return fail_errno(path.string());
    }
    for (const Unfit& one : kUnfit) {
        if (static_cast<std::uint32_t>(one.magic) == static_cast<std::uint32_t>(found.f_type)) {
            return fail(unfit(path, one.why));
        }
    }
    return {};
}

/// A file that is fit for it, for direct writes, and for nobody else's.
Result<Fd> opened_alone(const Fd& file, const fs::path& path) {
    if (auto fit = check_file_system(file, path); !fit) {
        return fail(fit.error());
    }
    auto direct = reopened(file, path);
    if (!direct) {
        return direct;
    }
    if (auto alone = take_alone(*direct, path); !alone) {
        return fail(alone.error());
    }
    return direct;
}

Result<OpenJournal> make_file(const fs::path& path) {
    Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) {
        return fail(unwritable(path, errno));
    }
    const auto made = [&]() -> Result<OpenJournal> {
        auto direct = opened_alone(file, path);
        if (!direct) {
            return fail(direct.error());
        }
        const auto layout = JournalLayout::of(kJournalFile);
        if (auto done = lay_out(*direct, 0, layout, path); !done) {
            return fail(done.error());
        }
        if (::fsync(direct->get()) != 0) {
            return fail_errno(path.string());
        }
        return OpenJournal{std::move(*direct), Fd(), 0, layout};
    };
    auto journal = made();
    if (!journal) {
        ::unlink(path.c_str());  // which was made here
    }
    return journal;
}

Result<OpenJournal> open_file(const fs::path& path) {
    const Fd file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) {
        return errno == ELOOP ? fail(unfit(path, "it is a link")) : fail(unwritable(path, errno));
    }
    struct stat found {};
    if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
        return fail(unfit(path, "it is neither a file nor a disk"));
    }
    auto direct = opened_alone(file, path);
    if (!direct) {
        return fail(direct.error());
    }
    const auto layout = layout_at(*direct, 0, path);
    if (!layout) {
        return fail(layout.error());
    }
    const bool is_whole =
        *layout && static_cast<std::uint64_t>(found.st_size) >= (*layout)->blocks() * JournalLayout::kBlock;
    if (!is_whole) {
        return fail(Error(Fault::usage, fmt::format("{} is there, and is no journal", path.string()))
                        .hint(fmt::format("name a file that is not there yet, or remove it: rm {}",
                                          shell_quoted(path.string()))));
    }
    return OpenJournal{std::move(*direct), Fd(), 0, **layout};
}

/// Of a device that is ours: makes it a journal, if it is none yet.
Result<OpenJournal> on_device(Fd held, Fd file, std::uint64_t size, const fs::path& path) {
    if (size < kDeviceDataOffset + JournalLayout::kSmallest) {
        return fail(unfit(path, "it is too small"));
    }
    auto layout = layout_at(file, kDeviceDataOffset, path);
    if (!layout) {
        return fail(layout.error());
    }
    const std::uint64_t room = size - kDeviceDataOffset;
    if (!*layout || (*layout)->blocks() * JournalLayout::kBlock > room) {
        *layout = JournalLayout::of(std::min(room, JournalLayout::kLargest));
        if (auto done = lay_out(file, kDeviceDataOffset, **layout, path); !done) {
            return fail(done.error());
        }
    }
    return OpenJournal{std::move(file), std::move(held), kDeviceDataOffset, **layout};
}

Result<OpenJournal> open_device(const fs::path& path) {
    auto claim = claim_prepared_device(path, DevicePurpose::journal);
    if (!claim) {
        return fail_within(claim.error(), fmt::format("nothing is written to {}", path.string()));
    }
    auto file = open_claimed_for_writing(*claim, O_DIRECT | O_DSYNC);
    return file ? on_device(std::move(claim->fd), std::move(*file), claim->size, path) : fail(file.error());
}

}  // namespace

Result<OpenJournal> open_journal_place(const fs::path& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 && errno == ENOENT) {
        return make_file(path);
    }
    if (::stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode)) {
        return open_device(path);
    }
    return open_file(path);
}

std::optional<std::string> doubt_about_place(const fs::path& path, const HostRoots& roots) {
    const auto own = queues_of(path, roots);
    if (!own) {
        return fmt::format("whether the journal {} goes on when a disk freezes cannot be told: {}", path.string(),
                           own.error().message());
    }
    std::vector<std::string> shared;
    for (const std::string& queue : queues_at_risk(roots)) {
        if (own->contains(queue)) {
            shared.push_back(queue);
        } else if (queue.ends_with('?')) {
            return fmt::format("whether the journal {} is on another disk than {} cannot be told", path.string(),
                               queue.substr(0, queue.size() - 1));
        }
    }
    if (shared.empty()) {
        return std::nullopt;
    }
    return fmt::format(
        "the journal {} is on {}, which swap or the root file system are on, too: it ends when that "
        "freezes",
        path.string(), fmt::join(shared, ", "));
}

}  // namespace blkhang
