// SPDX-License-Identifier: GPL-2.0-only
#include "klog/stack.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(WithoutWatching, TrampolinesAndTheirShadowsGo) {
    const Stack watched{"bpf_prog_1_fentry_mutex+0x10/0x80",
                        "bpf_trampoline_7+0x6e/0x1000",
                        "__mutex_lock_killable_slowpath+0x5/0x10",
                        "pcpu_alloc+0x56d/0x830",
                        "bpf_trampoline_8+0x86/0x1000",
                        "pcpu_alloc+0x5/0x830",
                        "map_create+0x10/0x20"};
    EXPECT_EQ(without_watching(watched),
              (Stack{"__mutex_lock_killable_slowpath+0x5/0x10", "pcpu_alloc+0x56d/0x830", "map_create+0x10/0x20"}));
}

TEST(WithoutWatching, RealRecursionStays) {
    const Stack stack{"pcpu_alloc+0x56d/0x830", "plant+0x1/0x2 [sync_alloc]", "bpf_trampoline_8+0x86/0x1000",
                      "plant+0x9/0x20 [sync_alloc]", "pcpu_alloc+0x3f0/0x830"};
    EXPECT_EQ(without_watching(stack),
              (Stack{"pcpu_alloc+0x56d/0x830", "plant+0x1/0x2 [sync_alloc]", "pcpu_alloc+0x3f0/0x830"}));
}

TEST(WithoutWatching, SameFunctionDeepInsideIsNoShadow) {
    const Stack stack{"pcpu_alloc+0x56d/0x830", "bpf_trampoline_8+0x86/0x1000", "pcpu_alloc+0x3f0/0x830"};
    EXPECT_EQ(without_watching(stack).size(), 2U);
}

TEST(WithoutWatching, UnwatchedStackIsUnchanged) {
    const Stack stack{"schedule+0x5/0x10", "schedule+0x5/0x10"};
    EXPECT_EQ(without_watching(stack), stack);
}

}  // namespace
}  // namespace blkhang
