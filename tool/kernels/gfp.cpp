// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/gfp.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "flags.h"

namespace blkhang {
namespace {

struct Flag {
    std::uint32_t bits;
    std::string_view name;
};

// include/linux/gfp.h (5.10) and gfp_types.h (6.1 to 7.3): the lowest 23 bits have not moved between those. Some are in
// bpf/flags.h.
constexpr std::uint32_t kBitHigh = 0x20;
constexpr std::uint32_t kBitAtomicBefore64 = 0x200;  // a flag of its own until 6.4, unused since
constexpr std::uint32_t kBitReclaim = GFP_DIRECT_RECLAIM | GFP_KSWAPD_RECLAIM;

/// By the bits that say what an allocation may do to get its memory.
constexpr std::uint32_t kBitOfMasks = kBitReclaim | GFP_IO | GFP_FS;
constexpr std::array kMasks{Flag{kBitReclaim | GFP_IO | GFP_FS, "GFP_KERNEL"}, Flag{kBitReclaim | GFP_IO, "GFP_NOFS"},
                            Flag{kBitReclaim, "GFP_NOIO"}, Flag{GFP_KSWAPD_RECLAIM, "GFP_NOWAIT"}};

constexpr std::array kFlags{Flag{0x1, "__GFP_DMA"},
                            Flag{0x2, "__GFP_HIGHMEM"},
                            Flag{0x4, "__GFP_DMA32"},
                            Flag{0x8, "__GFP_MOVABLE"},
                            Flag{0x10, "__GFP_RECLAIMABLE"},
                            Flag{kBitHigh, "__GFP_HIGH"},
                            Flag{GFP_IO, "__GFP_IO"},
                            Flag{GFP_FS, "__GFP_FS"},
                            Flag{0x100, "__GFP_ZERO"},
                            Flag{GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM"},
                            Flag{GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM"},
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
    if ((flags & kBitOfMasks) == GFP_KSWAPD_RECLAIM && (flags & kBitHigh) != 0) {
        text = "GFP_ATOMIC";
        flags &= ~(GFP_KSWAPD_RECLAIM | kBitHigh | kBitAtomicBefore64);
    }
    for (const auto& [bits, name] : kMasks) {
        if (text.empty() && (flags & kBitOfMasks) == bits) {
            text = name;
            flags &= ~kBitOfMasks;
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
