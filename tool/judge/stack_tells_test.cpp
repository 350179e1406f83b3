// SPDX-License-Identifier: GPL-2.0-only
#include "judge/stack_tells.h"

#include <gtest/gtest.h>

#include "judge/testing/builders.h"

namespace blkhang {
namespace {

WaitShown shown_of_mutex(Stack stack) {
    return shows_wait({20, "trigger", 'D', std::move(stack)}, build::mutex_wait(3, 20, 10));
}
WaitShown shown_of_queue(Stack stack) {
    return shows_wait({10, "percpu", 'D', std::move(stack)}, build::queue_wait(2, 10, true));
}

TEST(StackTells, TheFirstFunctionThatIsNotOfSleepingSaysWhereATaskIs) {
    EXPECT_EQ(shown_of_mutex({"__mutex_lock+0x1/0x900", "pcpu_alloc+0x56d/0x830"}), WaitShown::the_wait);
    EXPECT_EQ(shown_of_mutex({"schedule+0x5/0x10", "pipe_read+0x1/0x2"}), WaitShown::another_place);
    EXPECT_EQ(shown_of_mutex({"schedule+0x5/0x10"}), WaitShown::nothing);
    EXPECT_EQ(shown_of_mutex({}), WaitShown::nothing);
}

/// Real stacks, of deb:5.10 with probe.tier=kprobe. The first is what the second is called where its symbol is missing.
TEST(StackTells, AStackThatEndsAtAReturnTrampolineTellsNothing) {
    for (const char* frame :
         {"elfcorehdr_read+0x40/0x40", "kretprobe_trampoline+0x0/0x50", "__kretprobe_trampoline+0x0/0x50",
          "arch_rethook_trampoline+0x0/0x60", "elfcorehdr_read+0x40/0x40 [some_module]"}) {
        EXPECT_EQ(shown_of_mutex({frame}), WaitShown::nothing) << frame;
        EXPECT_EQ(shown_of_mutex({"__mutex_lock+0x1/0x900", frame}), WaitShown::nothing) << frame;
        EXPECT_EQ(shown_of_queue({frame}), WaitShown::nothing) << frame;
        EXPECT_EQ(shown_of_queue({"blk_queue_enter+0x112/0x230", frame}), WaitShown::the_wait) << frame;
        EXPECT_EQ(shown_of_queue({"pipe_read+0x1/0x2", frame}), WaitShown::another_place) << frame;
    }
    EXPECT_EQ(shown_of_mutex({"elfcorehdr_read+0x4/0x40"}), WaitShown::another_place) << "in the middle of it";
    EXPECT_EQ(shown_of_mutex({"pipe_read"}), WaitShown::another_place) << "without an offset";
}

}  // namespace
}  // namespace blkhang
