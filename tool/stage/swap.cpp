// SPDX-License-Identifier: GPL-2.0-only
#include "stage/swap.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

/// First page of a swap area (union swap_header in include/linux/swap.h, version 1): the layout has not changed
/// since 2.2.
struct SwapHeader {
    std::array<char, 1024> boot_block;
    std::uint32_t version;
    std::uint32_t last_page;
    std::uint32_t bad_pages;
    std::array<char, 4096 - 1024 - 12 - 10> unused;
    std::array<char, 10> magic;
};
static_assert(sizeof(SwapHeader) == 4096, "the magic ends the first page");

}  // namespace

Status make_swap(const std::filesystem::path& disk) {
    const Fd fd{::open(disk.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd.valid()) {
        return fail_errno(fmt::format("opening the swap disk {}", disk.string()));
    }
    std::uint64_t bytes = 0;
    if (::ioctl(fd.get(), BLKGETSIZE64, &bytes) != 0) {
        return fail_errno(fmt::format("asking for the size of {}", disk.string()));
    }
    SwapHeader header{};
    header.version = 1;
    header.last_page = static_cast<std::uint32_t>(bytes / sizeof(header) - 1);
    std::memcpy(header.magic.data(), "SWAPSPACE2", header.magic.size());
    if (auto written = write_all(fd.get(), {reinterpret_cast<const char*>(&header), sizeof(header)}); !written) {
        return fail_within(std::move(written.error()), fmt::format("writing a swap header to {}", disk.string()));
    }
    if (::fsync(fd.get()) != 0) {
        return fail_errno(fmt::format("writing a swap header to {}", disk.string()));
    }
    return {};
}

Status start_swapping(const std::filesystem::path& disk, int priority) {
    if (::swapon(disk.c_str(), SWAP_FLAG_PREFER | priority) != 0) {
        return fail_errno(fmt::format("swapping to {}", disk.string()));
    }
    return {};
}

}  // namespace blkhang
