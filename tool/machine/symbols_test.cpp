// SPDX-License-Identifier: GPL-2.0-only
#include "machine/symbols.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

constexpr std::string_view kSample =
    "ffffffff81000000 T _text\n"
    "ffffffff81000400 t pcpu_alloc\n"
    "ffffffff81000300 t pcpu_balance_workfn\n"
    "ffffffff82000000 d pcpu_alloc_mutex\n"
    "ffffffff82000100 d something_else\n"
    "ffffffffc0000000 t blkhang_throtl\t[sync_alloc]\n"
    "ffffffffc0000100 t last\t[sync_alloc]\n"
    "not a line\n"
    "0000000000000000 A fixed_percpu_data\n";

TEST(Symbols, NamesTheFunctionAnAddressLiesIn) {
    const auto symbols = Symbols::parse(kSample);
    EXPECT_EQ(symbols.describe(0xffffffff81000312), "pcpu_balance_workfn+0x12/0x100");
    EXPECT_EQ(symbols.describe(0xffffffffc0000010), "blkhang_throtl+0x10/0x100 [sync_alloc]");
    EXPECT_EQ(symbols.function_at(0xffffffff81000400), "pcpu_alloc");
}

TEST(Symbols, AddressBelowEveryFunctionStaysANumber) {
    EXPECT_EQ(Symbols::parse(kSample).describe(0x1000), "0x1000");
    EXPECT_EQ(Symbols::parse(kSample).function_at(0x1000), "");
}

TEST(Symbols, FindsTheMutexAndOnlyFunctionsAreFunctions) {
    const auto symbols = Symbols::parse(kSample);
    EXPECT_EQ(symbols.address("pcpu_alloc_mutex"), 0xffffffff82000000);
    EXPECT_EQ(symbols.address("pcpu_alloc"), 0xffffffff81000400);
    EXPECT_EQ(symbols.address("absent"), std::nullopt);
    EXPECT_TRUE(symbols.has_function("pcpu_alloc"));
    EXPECT_FALSE(symbols.has_function("pcpu_alloc_mutex"));
    EXPECT_FALSE(symbols.has_function("fixed_percpu_data"));
    EXPECT_TRUE(symbols.has_function_beginning("pcpu_al"));
    EXPECT_FALSE(symbols.has_function_beginning("cpu_al"));
    EXPECT_FALSE(symbols.has_function_beginning("fixed_percpu"));
}

/// Kernels that patch calls have twice as many symbols.
TEST(Symbols, WhatLiesBeforeAFunctionToBePatchedIsNoneOfItsOwnNorOfTheOneBefore) {
    const auto symbols = Symbols::parse(
        "ffffffff81000100 T assembler\n"
        "ffffffff810001f0 t __pfx_first\n"
        "ffffffff81000200 t first\n"
        "ffffffff810002f0 t __pfx_alias\n"
        "ffffffff81000300 t alias\n"
        "ffffffff81000300 t second\n"
        "ffffffff81000400 t unpadded\n"
        "ffffffff81000500 t last\n");
    EXPECT_FALSE(symbols.has_function("__pfx_first"));
    EXPECT_EQ(symbols.describe(0xffffffff81000110), "assembler+0x10/0xf0");
    EXPECT_EQ(symbols.describe(0xffffffff81000210), "first+0x10/0xf0");
    EXPECT_EQ(symbols.describe(0xffffffff81000310), "second+0x10/0x100");
    EXPECT_EQ(symbols.describe(0xffffffff81000410), "unpadded+0x10/0x100");
}

TEST(Symbols, FindsWhatTheCompilerGaveOtherParameters) {
    const auto symbols = Symbols::parse(
        "ffffffff81000100 t blk_throtl_bio.isra.0\n"
        "ffffffff81000200 t pcpu_alloc.constprop.3\n"
        "ffffffff81000300 t pcpu_alloc.constprop.3.cold\n"
        "ffffffff81000400 t twice.isra.0\n"
        "ffffffff81000500 t twice.constprop.0\n"
        "ffffffff81000600 t torn.part.0\n");
    EXPECT_EQ(symbols.compiled_variant("blk_throtl_bio"), "blk_throtl_bio.isra.0");
    EXPECT_EQ(symbols.compiled_variant("pcpu_alloc"), "pcpu_alloc.constprop.3");
    EXPECT_EQ(symbols.compiled_variant("twice"), "");
    EXPECT_EQ(symbols.compiled_variant("torn"), "");
}

TEST(Symbols, HiddenAddressesYieldNoSymbols) {
    const auto symbols = Symbols::parse("0000000000000000 T pcpu_alloc\n");
    EXPECT_FALSE(symbols.has_function("pcpu_alloc"));
}

}  // namespace
}  // namespace blkhang
