// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/gfp.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace blkhang {
namespace {

struct Flag {
    std::uint32_t bits;
    std::string_view name;
};

// include/linux/gfp.h (5.10) and gfp_types.h (6.1 to 7.3): the lowest 23 bits have not moved between those.
constexpr std::uint32_t kIo = 0x40;
constexpr std::uint32_t kFs = 0x80;
constexpr std::uint32_t kDirectReclaim = 0x400;
constexpr std::uint32_t kKswapdReclaim = 0x800;
constexpr std::uint32_t kHigh = 0x20;
constexpr std::uint32_t kAtomicBefore64 = 0x200;  // a flag of its own until 6.4, unused since
constexpr std::uint32_t kReclaim = kDirectReclaim | kKswapdReclaim;

/// By the bits that say what an allocation may do to get its memory.
constexpr std::uint32_t kOfMasks = kReclaim | kIo | kFs;
constexpr std::array kMasks{Flag{kReclaim | kIo | kFs, "GFP_KERNEL"}, Flag{kReclaim | kIo, "GFP_NOFS"},
                            Flag{kReclaim, "GFP_NOIO"}, Flag{kKswapdReclaim, "GFP_NOWAIT"}};

constexpr std::array kFlags{Flag{0x1, "__GFP_DMA"},
                            Flag{0x2, "__GFP_HIGHMEM"},
                            Flag{0x4, "__GFP_DMA32"},
                            Flag{0x8, "__GFP_MOVABLE"},
                            Flag{0x10, "__GFP_RECLAIMABLE"},
                            Flag{kHigh, "__GFP_HIGH"},
                            Flag{kIo, "__GFP_IO"},
                            Flag{kFs, "__GFP_FS"},
                            Flag{0x100, "__GFP_ZERO"},
                            Flag{kDirectReclaim, "__GFP_DIRECT_RECLAIM"},
                            Flag{kKswapdReclaim, "__GFP_KSWAPD_RECLAIM"},
                            Flag{0x1000, "__GFP_WRITE"},
                            Flag{0x2000, "__GFP_NOWARN"},
                            Flag{0x4000, "__GFP_RETRY_MAYFAIL"},
                            Flag{0x8000, "__GFP_NOFAIL"},
                            Flag{0x10000, "__GFP_NORETRY"},
                            Flag{0x20000, "__GFP_MEMALLOC"},
                            Flag{0x40000, "__GFP_COMP"},
                            Flag{0x80000, "__GFP_NOMEMALLOC"},
                            Flag{0x100000, "__GFP_HARDWALL"},
                            Flag{0x200000, "__GFP_THISNODE"},
                            Flag{0x400000, "__GFP_ACCOUNT"}};

void add(std::string& text, std::string_view name) {
    text += text.empty() ? "" : "|";
    text += name;
}

}  // namespace

std::string gfp_in_words(std::uint32_t flags, const std::optional<KernelVersion>& version) {
    const auto first_known = kernel_version("5.10");
    if (flags == 0 || (version && *version < *first_known)) {
        return flags == 0 ? "0" : fmt::format("{:#x}", flags);
    }
    std::string text;
    if ((flags & kOfMasks) == kKswapdReclaim && (flags & kHigh) != 0) {
        text = "GFP_ATOMIC";
        flags &= ~(kKswapdReclaim | kHigh | kAtomicBefore64);
    }
    for (const auto& [bits, name] : kMasks) {
        if (text.empty() && (flags & kOfMasks) == bits) {
            text = name;
            flags &= ~kOfMasks;
        }
    }
    for (const auto& [bits, name] : kFlags) {
        if ((flags & bits) != 0) {
            add(text, name);
            flags &= ~bits;
        }
    }
    if (flags != 0) {
        add(text, fmt::format("{:#x}", flags));
    }
    return text;
}

}  // namespace blkhang
