// SPDX-License-Identifier: GPL-2.0-only
#include "probe/absence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/symbols.h"

namespace blkhang {
namespace {

constexpr std::string_view kEachKernel =
    "ffffffff81000100 T try_to_free_pages\n"
    "ffffffff81000200 T submit_bio_noacct\n"
    "ffffffff81000300 T prepare_to_wait_event\n";

std::string symbols_with(std::string_view more) { return std::string{kEachKernel}.append(more); }

std::string what_is_missing(const FunctionNames& function, std::string_view kallsyms) {
    return absence_of("kprobe_it", function, Symbols::parse(kallsyms)).what;
}

TEST(Absence, AFacilityIsGoneIfNoFunctionOfItIsThere) {
    const auto kallsyms = symbols_with(
        "ffffffff81000400 T si_swapinfo\n"
        "ffffffff81000500 T blkcg_print_blkgs\n");
    EXPECT_EQ(what_is_missing(functions::kMemcgReclaim, kallsyms), "CONFIG_MEMCG");
    EXPECT_EQ(what_is_missing(functions::kSwapOut, kallsyms), "kprobe_it");
    EXPECT_EQ(what_is_missing(functions::kBlkgConf, kallsyms), "kprobe_it");
    EXPECT_EQ(what_is_missing(functions::kSwapOut, kEachKernel), "CONFIG_SWAP");
    EXPECT_EQ(what_is_missing(functions::kBlkgConf, kEachKernel), "CONFIG_BLK_CGROUP");
}

TEST(Absence, ARenamedFunctionLeavesOthersOfItsFacility) {
    const auto symbols = Symbols::parse(symbols_with("ffffffff81000600 t mem_cgroup_css_alloc\n"));
    const auto absence = absence_of("kprobe_memcg_reclaim", functions::kMemcgReclaim, symbols);
    EXPECT_EQ(absence.what, "kprobe_memcg_reclaim");
    EXPECT_EQ(absence.why, "this kernel has no try_to_free_mem_cgroup_pages");
}

TEST(Absence, WhatEachKernelHasIsPartOfNothing) {
    EXPECT_EQ(what_is_missing(functions::kKswapdWait, kEachKernel), "kprobe_it");
}

TEST(Absence, AListWithoutWhatEachKernelHasProvesNothing) {
    for (const auto kallsyms : {std::string_view{}, std::string_view{"0000000000000000 T try_to_free_pages\n"},
                                kEachKernel.substr(0, kEachKernel.size() / 2)}) {
        EXPECT_EQ(what_is_missing(functions::kMemcgReclaim, kallsyms), "kprobe_it");
    }
}

TEST(Absence, AFacilityIsMissingOnce) {
    std::vector<seen::Tier::Missing> missing;
    for (const char* what : {"CONFIG_MEMCG", "CONFIG_MEMCG", "kprobe_it"}) {
        add_once(missing, {what, "why"});
    }
    EXPECT_EQ(missing.size(), 2u);
}

}  // namespace
}  // namespace blkhang
