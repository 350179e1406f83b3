// SPDX-License-Identifier: GPL-2.0-only
#include "probe/plausible.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

seen::Edge edge(Scope outer, Stack stack) {
    return {.at_ns = 1,
            .outer = outer,
            .inner = Scope::swap_out,
            .pid = 1,
            .comm = "",
            .gfp = 0,
            .stack = std::move(stack)};
}

Stack swap_out_stack() {
    return {"__swap_writepage+0x1/0x2", "shrink_folio_list+0x1/0x2", "try_to_free_pages+0x1/0x2",
            "handle_mm_fault+0x1/0x2", "asm_exc_page_fault+0x1/0x2"};
}

TEST(IsContradicted, TheOuterFunctionIsOnTheStack) {
    EXPECT_FALSE(is_contradicted(edge(Scope::reclaim, swap_out_stack())));
}

TEST(IsContradicted, TheOuterFunctionIsMissing) {
    EXPECT_TRUE(is_contradicted(edge(Scope::percpu_alloc, swap_out_stack())));
}

TEST(IsContradicted, AStackThatEndsHalfWayProvesNothing) {
    auto half = swap_out_stack();
    half.pop_back();
    EXPECT_FALSE(is_contradicted(edge(Scope::percpu_alloc, half)));
    EXPECT_FALSE(is_contradicted(edge(Scope::percpu_alloc, {})));
}

TEST(IsContradicted, SuffixesOfTheCompilerDoNotMatter) {
    EXPECT_FALSE(is_contradicted(
        edge(Scope::percpu_alloc, {"__swap_writepage+0x1/0x2", "pcpu_alloc.isra.0+0x1/0x2", "ret_from_fork+0x1/0x2"})));
}

TEST(IsContradicted, AFunctionThatEndsInAJumpMayBeGone) {
    EXPECT_FALSE(is_contradicted(edge(Scope::submit_bio, swap_out_stack())));
}

TEST(IsContradicted, TheOwnerOfTheMutexIsKnownFromTheMutex) {
    EXPECT_FALSE(is_contradicted(edge(Scope::percpu_mutex, swap_out_stack())));
}

}  // namespace
}  // namespace blkhang
