// SPDX-License-Identifier: GPL-2.0-only
#include "stage/swap.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/device_size.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/random.h"
#include "machine/device_header.h"
#include "stage/disk_sequence.h"
#include "stage/knob.h"

namespace blkhang {
namespace {

/// First page of a swap area (union swap_header in include/linux/swap.h, version 1): the layout has not changed
/// since 2.2.
struct SwapHeader {
    std::array<char, 1024> boot_block;
    std::uint32_t version;
    std::uint32_t last_page;
    std::uint32_t bad_pages;
    std::array<char, 16> uuid;
    std::array<char, 16> label;
    std::array<char, 468> padding;
    std::array<std::uint32_t, 637> bad_page;  ///< as many as there is room for: MAX_SWAP_BADPAGES
    std::array<char, 2> unused;
    std::array<char, 10> magic;
};
static_assert(sizeof(SwapHeader) == 4096, "the magic ends the first page");

constexpr std::string_view kSwapMagic = "SWAPSPACE2";

/// What a disk writes whole or not at all, even when its power goes.
constexpr std::size_t kSector = 512;
constexpr std::size_t kUuidSector = offsetof(SwapHeader, uuid) / kSector * kSector;
static_assert(offsetof(SwapHeader, uuid) + sizeof(SwapHeader::uuid) <= kUuidSector + kSector, "it is in one sector");

/// What was asked to be written is on the disk.
Status write_and_sync(int disk, std::string_view data, std::size_t at) {
    if (::pwrite(disk, data.data(), data.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(data.size()) ||
        ::fsync(disk) != 0) {
        return fail_errno("writing its first page");
    }
    return {};
}
Status write_uuid_sector(int disk, std::string_view page) {
    return write_and_sync(disk, page.substr(kUuidSector, kSector), kUuidSector);
}
Status write_all_before_it(int disk, std::string_view page) {
    return write_and_sync(disk, page.substr(0, kUuidSector), 0);
}
Status write_all_behind_it(int disk, std::string_view page) {
    return write_and_sync(disk, page.substr(kUuidSector + kSector), kUuidSector + kSector);
}

/// By which it is known again. Random, version 4 of RFC 4122.
Result<std::string> new_swap_uuid() {
    std::string uuid(sizeof(SwapHeader::uuid), '\0');
    if (auto filled = fill_with_random(std::as_writable_bytes(std::span(uuid))); !filled) {
        return fail_within(std::move(filled.error()), "making a UUID");
    }
    uuid[6] = static_cast<char>((uuid[6] & 0x0f) | 0x40);
    uuid[8] = static_cast<char>((uuid[8] & 0x3f) | 0x80);
    return uuid;
}

/// Of a disk of this size in bytes. Nothing if it has no room for a swap area, or too much is to be left alone.
std::optional<SwapHeader> header_for(std::uint64_t bytes, std::uint64_t margin) {
    const auto pages = bytes / sizeof(SwapHeader);
    const auto left_alone = margin / sizeof(SwapHeader);
    SwapHeader header{};
    if (pages < 2 * left_alone + 2 || left_alone > header.bad_page.size()) {
        return std::nullopt;
    }
    header.version = 1;
    header.last_page = static_cast<std::uint32_t>(pages - left_alone - 1);
    for (std::uint32_t page = 1; page < left_alone; ++page) {  // the first one is the header's own
        header.bad_page[header.bad_pages++] = page;
    }
    kSwapLabel.copy(header.label.data(), header.label.size());
    kSwapMagic.copy(header.magic.data(), header.magic.size());
    return header;
}

bool is_for_a_load(std::string_view first_page, std::uint64_t bytes) {
    const auto header = decode_device_header(first_page, bytes);
    return header && *header && (*header)->purpose == DevicePurpose::load;
}

}  // namespace

Status make_swap(const Staging& staging, const Disk& disk) {
    const auto& path = disk.path;
    const auto context = [&] { return fmt::format("writing a swap header to {}", path.string()); };
    // Exclusively: since it was claimed, another may have got its name, or somebody may have taken it into use.
    const Fd fd{::open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC)};
    if (!fd.valid()) {
        return fail_errno(fmt::format("opening the swap disk {}", path.string()));
    }
    const auto bytes = device_size(fd.get());
    if (!bytes) {
        return fail_within(bytes.error(), context());
    }
    auto header = header_for(*bytes, disk.margin);
    if (!header) {
        return fail(Fault::unsupported, fmt::format("{} has no room for a swap area", path.string()));
    }
    std::string old_page(sizeof(*header), '\0');
    const ssize_t count = ::pread(fd.get(), old_page.data(), old_page.size(), 0);
    if (count < 0) {
        return fail_errno(fmt::format("reading the first page of {}", path.string()));
    }
    if (static_cast<std::size_t>(count) != old_page.size()) {
        return fail(Fault::unsupported, fmt::format("{} has no room for a swap area", path.string()));
    }
    if (disk.prepared && !is_for_a_load(old_page, *bytes)) {
        return fail(Fault::broken, fmt::format("{} does not carry blkhang's header any more: it is another disk, or "
                                               "somebody has written to it",
                                               path.string()));
    }
    const auto uuid = new_swap_uuid();
    if (!uuid) {
        return fail_within(uuid.error(), context());
    }
    if (auto told = staging.ledger.tell(change::SwapHeader{path, std::move(old_page), *uuid}); !told) {
        return told;
    }
    uuid->copy(header->uuid.data(), header->uuid.size());
    const std::string_view page{reinterpret_cast<const char*>(&*header), sizeof(*header)};
    auto written =
        write_uuid_sector(fd.get(), page).and_then([&] { return write_all_before_it(fd.get(), page); }).and_then([&] {
            return write_all_behind_it(fd.get(), page);
        });
    return written ? written : fail_within(std::move(written.error()), context());
}

bool has_swap_uuid(std::string_view page, std::string_view uuid) {
    return page.size() == sizeof(SwapHeader) && uuid.size() == sizeof(SwapHeader::uuid) &&
           page.substr(offsetof(SwapHeader, uuid), uuid.size()) == uuid;
}

Status give_back_page(int disk, std::string_view old_page) {
    if (old_page.size() != sizeof(SwapHeader)) {
        return fail(Fault::unsupported, "what its first page was is not known");
    }
    return write_all_behind_it(disk, old_page)
        .and_then([&] { return write_all_before_it(disk, old_page); })
        .and_then([&] { return write_uuid_sector(disk, old_page); });
}

Status start_swapping(const Staging& staging, const std::filesystem::path& disk, int priority) {
    if (auto told = tell_of_swapping(staging, disk); !told) {
        return told;
    }
    if (const int failed = swap_as_told(staging.calls, disk, priority); failed != 0) {
        return fail(Error::from_errno(failed, fmt::format("swapping to {}", disk.string())));
    }
    return {};
}

Status tell_of_swapping(const Staging& staging, const std::filesystem::path& disk) {
    return staging.ledger.tell(change::Swap{disk, disk_sequence(staging.roots, disk)});
}

int swap_as_told(Syscalls& calls, const std::filesystem::path& disk, int priority) {
    return calls.swap_on(disk, priority);
}

Status prepare_swap(const Staging& staging, const std::vector<Disk>& disks, const std::vector<Disk>& spare,
                    std::uint32_t swappiness) {
    for (const auto& disk : spare) {
        if (auto made = make_swap(staging, disk); !made) {
            return made;
        }
    }
    for (const auto& disk : disks) {
        if (auto made = make_swap(staging, disk); !made) {
            return made;
        }
        if (auto swapping = start_swapping(staging, disk.path, kOrdinarySwapPriority); !swapping) {
            return swapping;
        }
    }
    return set_knob(staging, staging.roots.proc() / "sys" / "vm" / "swappiness", std::to_string(swappiness));
}

}  // namespace blkhang
