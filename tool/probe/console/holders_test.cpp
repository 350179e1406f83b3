// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

seen::BlockedTask owner(std::int32_t pid) {
    return {pid, "owner", 'D', {"__bio_queue_enter+0x1/0x2", "pcpu_populate_chunk+0x1/0x2", "pcpu_alloc+0x1/0x2"}};
}

seen::BlockedTask waiter(std::int32_t pid) {
    return {pid, "waiter", 'D', {"pcpu_alloc+0x1/0x2", "array_map_alloc+0x1/0x2"}};
}

/// The look may be stuck from the next task on.
TEST(Holders, WhoHasSomethingIsOneAsSoonAsALookHasComeToHim) {
    Holders holders{KernelVersion{6, 1}};
    holders.begin_look();
    holders.note(waiter(7));
    holders.note(owner(8));
    EXPECT_THAT(holders.pids(), UnorderedElementsAre(8));
}

/// The next look may be stuck before it comes to whom the one before has found.
TEST(Holders, AreKeptUntilALookHasEndedThatDidNotFindThem) {
    Holders holders{KernelVersion{6, 1}};
    holders.begin_look();
    holders.note(owner(8));
    holders.begin_look();
    EXPECT_THAT(holders.pids(), UnorderedElementsAre(8));
    holders.note(owner(8));
    holders.note(owner(9));
    EXPECT_THAT(holders.pids(), UnorderedElementsAre(8, 9));
    holders.begin_look();
    holders.begin_look();
    EXPECT_THAT(holders.pids(), IsEmpty());
}

TEST(Holders, AreFew) {
    Holders holders{KernelVersion{6, 1}};
    holders.begin_look();
    for (std::int32_t pid = 1; pid < 200; ++pid) {
        holders.note(owner(pid));
    }
    EXPECT_THAT(holders.pids(), SizeIs(Holders::kMost));
}

}  // namespace
}  // namespace blkhang
