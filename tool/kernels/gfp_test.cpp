// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/gfp.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

std::string words(std::uint32_t flags) { return gfp_in_words(flags, kernel_version("6.1.192")); }

TEST(Gfp, MasksAreNamedBeforeTheirFlags) {
    EXPECT_EQ(words(0xcc0), "GFP_KERNEL");
    EXPECT_EQ(words(0xc40), "GFP_NOFS");
    EXPECT_EQ(words(0xc00), "GFP_NOIO");
    EXPECT_EQ(words(0x800), "GFP_NOWAIT");
    EXPECT_EQ(words(0xa20), "GFP_ATOMIC") << "before 6.4";
    EXPECT_EQ(words(0x820), "GFP_ATOMIC") << "since then";
    EXPECT_EQ(words(0), "0");
}

TEST(Gfp, FlagsFollow) {
    EXPECT_EQ(words(0x2cc2), "GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN");
    EXPECT_EQ(words(0x12d00), "GFP_NOIO|__GFP_ZERO|__GFP_NOWARN|__GFP_NORETRY");
    EXPECT_EQ(words(0xc2c00), "GFP_NOIO|__GFP_NOWARN|__GFP_COMP|__GFP_NOMEMALLOC");
    EXPECT_EQ(words(0x400), "__GFP_DIRECT_RECLAIM");
}

TEST(Gfp, BitsWithoutANameAreNotPassedOver) { EXPECT_EQ(words(0x4000cc0), "GFP_KERNEL|0x4000000"); }

TEST(Gfp, OfOlderKernelsTheBitsAreOthers) {
    EXPECT_EQ(gfp_in_words(0xcc0, kernel_version("4.19.3")), "0xcc0");
    EXPECT_EQ(gfp_in_words(0xcc0, std::nullopt), "GFP_KERNEL");
}

}  // namespace
}  // namespace blkhang
