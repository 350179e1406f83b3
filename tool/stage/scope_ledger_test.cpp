// SPDX-License-Identifier: GPL-2.0-only
#include "stage/scope_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/recording_ledger.h"

namespace blkhang {
namespace {

TEST(ScopeLedgerTest, WhatGoesWithTheScopeIsNotToldAgain) {
    RecordingLedger kept;
    ScopeLedger ledger(kept, "/cg/system.slice/x.scope");
    EXPECT_TRUE(ledger.tell(change::Process{"blkhang-writer", 7}));
    EXPECT_TRUE(ledger.tell(change::Cgroup{"/cg/system.slice/x.scope/load"}));
    EXPECT_THAT(kept.told, testing::IsEmpty());
}

TEST(ScopeLedgerTest, AllElseIs) {
    RecordingLedger kept;
    ScopeLedger ledger(kept, "/cg/blkio/system.slice/x.scope");
    const MachineChange other = change::Cgroup{"/cg/memory/system.slice/x.scope/load"};  // another hierarchy of v1
    const MachineChange swap = change::Swap{"/dev/vdb"};
    EXPECT_TRUE(ledger.tell(other));
    EXPECT_TRUE(ledger.tell(swap));
    EXPECT_THAT(kept.told, testing::ElementsAre(other, swap));
}

}  // namespace
}  // namespace blkhang
