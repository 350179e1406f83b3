// SPDX-License-Identifier: GPL-2.0-only
#include "load/own_group.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_guest.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OwnGroupTest : public testing::Test {
protected:
    void renew_twice(CgroupVersion version) {
        const auto tree = CgroupTree::open(machine_.ledger, machine_.cgroups, version, "blkhang");
        ASSERT_TRUE(tree);
        const auto site = find_load_site({}, machine_.site, *tree);
        ASSERT_TRUE(site);
        machine_.ledger.journal.clear();
        OwnGroup group(*site, "own", *counters_);
        group.renew();
        group.renew();
    }

    FakeGuest machine_;
    SharedCounters counters_ = std::move(SharedCounters::make().value());
};

TEST_F(OwnGroupTest, WithoutAMemoryControllerTheNextIsMadeFromInsideTheOneBefore) {
    machine_.cgroups.mounts = {{"blkio", machine_.cgroups.mounts.at("io")}};
    renew_twice(CgroupVersion::v1);
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("make group blkhang/own-0", "move into group blkhang/own-0", "make group blkhang/own-1",
                            "move into group blkhang/own-1", "remove group blkhang/own-0"));
    EXPECT_EQ(counters_->cgroups_created, 2U);
    EXPECT_EQ(counters_->cgroups_removed, 1U);
    EXPECT_EQ(counters_->cgroup_failures, 0U);
}

TEST_F(OwnGroupTest, OneThatCannotBeEnteredIsLeftBehindAndCounted) {
    machine_.cgroups.mounts = {{"blkio", machine_.cgroups.mounts.at("io")}};
    machine_.cgroups.fails.insert("move into group blkhang/own-1");
    renew_twice(CgroupVersion::v1);
    EXPECT_EQ(counters_->cgroups_created, 1U);
    EXPECT_EQ(counters_->cgroup_failures, 1U);
}

TEST_F(OwnGroupTest, WithOneItStaysWhereItIs) {
    renew_twice(CgroupVersion::v2);
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

}  // namespace
}  // namespace blkhang
