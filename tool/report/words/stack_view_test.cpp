// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/stack_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const Stack& stack) {
    std::vector<std::string> result;
    for (const auto& line : view(stack)) {
        result.push_back((line.allocator ? "=> " : "") + line.text);
    }
    return result;
}

TEST(StackView, KeepsTheStoryAndMarksTheAllocator) {
    EXPECT_THAT(texts({"bpf_prog_12_x+0x1/0x2", "bpf_trampoline_6442+0x1/0x2", "__mutex_lock.constprop.0+0x9/0x10",
                       "pcpu_alloc+0x1/0x2", "first_bio+0x1/0x2 [sync_alloc]", "submit_bio_noacct+0x1/0x2",
                       "shrink_folio_list+0x1/0x2", "shrink_lruvec+0x1/0x2", "try_to_free_pages+0x1/0x2",
                       "__alloc_pages+0x1/0x2", "pcpu_alloc_noprof+0x1/0x2", "bpf_map_alloc_percpu+0x1/0x2",
                       "array_map_alloc+0x1/0x2", "map_create+0x1/0x2", "__sys_bpf+0x1/0x2", "__x64_sys_bpf+0x1/0x2",
                       "do_syscall_64+0x1/0x2", "entry_SYSCALL_64_after_hwframe+0x1/0x2"}),
                ElementsAre("__mutex_lock.constprop.0", "=> pcpu_alloc", "first_bio [sync_alloc]", "submit_bio_noacct",
                            "... 2 frames", "try_to_free_pages", "__alloc_pages", "=> pcpu_alloc_noprof",
                            "bpf_map_alloc_percpu", "array_map_alloc", "... 2 frames", "__x64_sys_bpf"));
}

TEST(StackView, TheAllocatorIsKnownByAllItsNames) {
    EXPECT_THAT(texts({"pcpu_alloc.isra.0+0x1/0x2", "pcpu_alloc_pages.isra.0+0x1/0x2"}),
                ElementsAre("=> pcpu_alloc.isra.0", "pcpu_alloc_pages.isra.0"));
}

TEST(StackView, FramesWithoutSymbolsAreKept) {
    EXPECT_THAT(texts({"0xffffffff81234567", "pcpu_alloc+0x1/0x2"}),
                ElementsAre("0xffffffff81234567", "=> pcpu_alloc"));
}

TEST(StackView, WhereTheTaskSleepsIsNeverFolded) {
    EXPECT_THAT(texts({"schedule+0x1/0x2", "io_schedule+0x1/0x2", "a+0x1/0x2", "b+0x1/0x2", "kswapd+0x1/0x2"}),
                ElementsAre("io_schedule", "... 2 frames", "kswapd"));
}

TEST(StackView, WhereAnInterruptCameTellsNothing) {
    const Stack stack{"irqentry_exit+0x1/0x2", "sysvec_apic_timer_interrupt+0x1/0x2",
                      "asm_sysvec_apic_timer_interrupt+0x1/0x2", "pcpu_alloc+0x1/0x2", "mm_init+0x1/0x2"};
    EXPECT_THAT(texts(stack), ElementsAre("=> pcpu_alloc", "mm_init"));
    EXPECT_EQ(brief(stack, 2), "pcpu_alloc < mm_init");
}

TEST(StackView, WhatIsToBeKeptIsNotFolded) {
    const Stack stack{"schedule+0x1/0x2", "a+0x1/0x2", "b+0x1/0x2", "c+0x1/0x2", "d+0x1/0x2", "e+0x1/0x2"};
    std::vector<std::string> names;
    for (const auto& line : view(stack, {3})) {
        names.push_back(line.text);
        EXPECT_EQ(line.frame.has_value(), !line.text.starts_with("..."));
    }
    EXPECT_THAT(names, ElementsAre("a", "b", "c", "... 2 frames"));
}

TEST(StackView, ATaskThatReclaimsIsTheOneThatTriesTo) {
    const Stack stack{"walk+0x1/0x2", "shrink_node+0x1/0x2", "try_to_free_pages+0x1/0x2", "__alloc_pages+0x1/0x2",
                      "pcpu_populate_chunk+0x1/0x2"};
    EXPECT_EQ(brief_of_reclaim(stack, 4), "try_to_free_pages < pcpu_populate_chunk");
    EXPECT_EQ(brief_of_reclaim({"a+0x1/0x2"}, 4), "");
}

TEST(StackView, NothingComesOfNothing) { EXPECT_THAT(texts({}), IsEmpty()); }

TEST(StackView, BriefSaysWhereATaskIsStuck) {
    EXPECT_EQ(brief({"__schedule+0x1/0x2", "schedule_preempt_disabled+0x1/0x2", "__mutex_lock.constprop.0+0x1/0x2",
                     "pcpu_alloc+0x1/0x2", "mm_init+0x1/0x2", "dup_mm+0x1/0x2"},
                    2),
              "pcpu_alloc < mm_init");
    EXPECT_EQ(brief({}, 2), "");
}

TEST(StackView, BriefIsAsLongAsFits) {
    const Stack stack{"pcpu_alloc+0x1/0x2", "mm_init+0x1/0x2", "dup_mm+0x1/0x2"};
    EXPECT_EQ(brief(stack, 4, 29), "pcpu_alloc < mm_init < dup_mm");
    EXPECT_EQ(brief(stack, 4, 28), "pcpu_alloc < mm_init");
    EXPECT_EQ(brief(stack, 4, 8), "pcp..loc");
}

TEST(StackView, AllIsAll) {
    const auto lines = all({"bpf_prog_12_x+0x1/0x2", "pcpu_alloc_noprof+0x1/0x2", "entry_SYSCALL_64+0x1/0x2"});
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].text, "bpf_prog_12_x+0x1/0x2");
    EXPECT_FALSE(lines[0].allocator);
    EXPECT_TRUE(lines[1].allocator);
}

}  // namespace
}  // namespace blkhang
