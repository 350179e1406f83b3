// SPDX-License-Identifier: GPL-2.0-only
#include "lab/boot_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/positioned_io.h"

namespace blkhang {
namespace {

using nlohmann::json;

/// The head comes first and is written last: without it there is no state.
constexpr std::uint64_t kHead = 64 << 10;
/// What a guest has said, and written to disks that it only prepared, is far less.
constexpr std::uint64_t kMostContent = 16 << 20;
/// Left to all others who write there.
constexpr std::uint64_t kRoomForOthers = std::uint64_t{1} << 30;

/// Whatever has a name is somebody's, and not to be overwritten.
Status check_nameless(int file) {
    struct stat found {};
    if (::fstat(file, &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 0) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("descriptor {} is no file without a name", file))
                    .hint("only `blkhang matrix --reuse-boots` can give one; without it each guest boots"));
}

Result<Fd> opened_anew(int file) {
    Fd mine(::open(fmt::format("/proc/self/fd/{}", file).c_str(), O_RDWR | O_CLOEXEC));
    return mine.valid() ? Result<Fd>(std::move(mine)) : fail_errno("opening the file for a guest's state");
}

bool lock(const Fd& file, int how) { return ::flock(file.get(), how | LOCK_NB) == 0; }

/// From where the machine's state is written and read: QEMU goes on from a descriptor's own offset.
Status go_to(const Fd& file, std::uint64_t at) {
    return ::lseek(file.get(), static_cast<off_t>(at), SEEK_SET) < 0 ? fail_errno("seeking") : Status{};
}

/// Where a disk holds anything: it is memory, and what was never written takes none.
template <class TakeRange>
void each_range(int disk, const TakeRange& take) {
    for (off_t begin = 0, end = 0; (begin = ::lseek(disk, end, SEEK_DATA)) >= 0;) {
        end = ::lseek(disk, begin, SEEK_HOLE);
        if (end < 0) {
            return;
        }
        take(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end - begin));
    }
}

}  // namespace

Result<BootState> BootState::open(int file, std::string machine) {
    if (auto checked = check_nameless(file); !checked) {
        return fail(checked.error());
    }
    auto mine = opened_anew(file);
    if (!mine) {
        return fail(mine.error());
    }
    BootState state(std::move(*mine), std::move(machine));
    if (lock(state.file_, LOCK_SH)) {
        state.kept_ = state.read_head();
    }
    if (!state.kept_ && lock(state.file_, LOCK_EX)) {  // which gives up the other one meanwhile
        state.kept_ = state.read_head();
        state.is_writer_ = !state.kept_;
    }
    return state;
}

bool BootState::is_awaited(std::uint64_t bytes) const {
    struct statvfs room {};
    return is_writer_ && ::fstatvfs(file_.get(), &room) == 0 &&
           std::uint64_t{room.f_bavail} * room.f_frsize >= bytes + kRoomForOthers;
}

std::optional<BootState::Kept> BootState::read_head() const {
    struct stat found {};
    if (::fstat(file_.get(), &found) != 0 || found.st_size < static_cast<off_t>(kHead)) {
        return std::nullopt;
    }
    const auto text = read_at(file_.get(), 0, kHead);
    const auto head = text ? json::parse(text->c_str(), nullptr, false) : json();
    try {
        if (!head.is_object() || head.at("machine") != machine_) {
            return std::nullopt;
        }
        bool are_counts = true;
        const auto count = [&](const json& value) {
            are_counts = are_counts && value.is_number_unsigned();
            return are_counts ? value.get<std::uint64_t>() : 0;
        };
        Kept kept{count(head.at("stream")), count(head.at("console")), {}, count(head.at("state"))};
        for (const auto& extent : head.at("extents")) {
            kept.extents.push_back({count(extent.at(0)), count(extent.at(1)), count(extent.at(2))});
        }
        if (!are_counts) {
            return std::nullopt;
        }
        return kept;
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

Status BootState::write_head(const Kept& kept) const {
    auto extents = json::array();
    for (const auto& extent : kept.extents) {
        extents.push_back({extent.disk, extent.at, extent.length});
    }
    auto text = json{{"machine", machine_},
                     {"stream", kept.stream},
                     {"console", kept.console},
                     {"extents", extents},
                     {"state", kept.state}}
                    .dump();
    if (text.size() >= kHead) {
        return fail(Fault::broken, "its disks hold too many pieces");
    }
    text.resize(kHead, '\0');
    return write_at(file_.get(), 0, text);
}

Status BootState::write_content(const Heard& heard, const std::vector<int>& disks, Kept& kept) const {
    kept.stream = heard.stream.size();
    kept.console = heard.console.size();
    std::uint64_t content = kept.stream + kept.console;
    for (std::size_t disk = 0; disk < disks.size(); ++disk) {
        each_range(disks[disk], [&](std::uint64_t at, std::uint64_t length) {
            kept.extents.push_back({disk, at, length});
            content += length;
        });
    }
    if (content > kMostContent) {
        return fail(Fault::broken, fmt::format("{} bytes said and on disks are too many to keep", content));
    }
    auto written = write_at(file_.get(), kHead, heard.stream + heard.console);
    std::uint64_t at = kHead + kept.stream + kept.console;
    for (const auto& extent : kept.extents) {
        written = written.and_then([&] { return read_at(disks[extent.disk], extent.at, extent.length); })
                      .and_then([&](const std::string& bytes) { return write_at(file_.get(), at, bytes); });
        at += extent.length;
    }
    kept.state = at;
    return written;
}

Status BootState::keep(const Heard& heard, const std::vector<int>& disks,
                       const std::function<Status(int)>& write_state) {
    Kept kept;
    auto written = ::ftruncate(file_.get(), 0) == 0 ? write_content(heard, disks, kept) : fail_errno("emptying it");
    written = written.and_then([&] { return go_to(file_, kept.state); })
                  .and_then([&] { return write_state(file_.get()); })
                  .and_then([&] { return write_head(kept); });
    if (!written) {
        ::ftruncate(file_.get(), 0);
        return fail_within(written.error(), "keeping a guest's state");
    }
    is_writer_ = false;
    lock(file_, LOCK_UN);
    return {};
}

Result<BootState::Heard> BootState::restore(const std::vector<int>& disks) const {
    std::uint64_t at = kHead;
    const auto next = [&](std::uint64_t length) {
        auto bytes = read_at(file_.get(), at, length);
        at += length;
        return bytes;
    };
    auto stream = next(kept_->stream);
    auto console = next(kept_->console);
    if (!stream || !console) {
        return fail(stream ? console.error() : stream.error());
    }
    for (const auto& extent : kept_->extents) {
        auto done = extent.disk < disks.size() ? Status{} : fail(Fault::broken, "it is of a machine with more disks");
        done = done.and_then([&] { return next(extent.length); }).and_then([&](const std::string& bytes) {
            return write_at(disks[extent.disk], extent.at, bytes);
        });
        if (!done) {
            return fail(done.error());
        }
    }
    return Heard{std::move(*stream), std::move(*console)};
}

Result<Fd> BootState::machine_state() const {
    auto file = opened_anew(file_.get());
    if (auto gone = file ? go_to(*file, kept_->state) : Status{}; !gone) {
        return fail(gone.error());
    }
    return file;
}

}  // namespace blkhang
