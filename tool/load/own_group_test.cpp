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
    OwnGroupTest() { site_->swap_is_submitters = true; }
    void renew_twice() {
        machine_.ledger.journal.clear();
        OwnGroup group(*site_, "own", *counters_);
        group.renew();
        group.renew();
    }

    FakeGuest machine_;
    CgroupTree tree_ = CgroupTree::open(machine_.ledger, machine_.cgroups, CgroupVersion::v2, "blkhang").value();
    Result<LoadSite> site_ = find_load_site({}, machine_.site, tree_);
    SharedCounters counters_ = std::move(SharedCounters::make().value());
};

TEST_F(OwnGroupTest, IsMadeFromInsideTheOneBefore) {
    renew_twice();
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("make group blkhang/own-0", "move into group blkhang/own-0", "make group blkhang/own-1",
                            "move into group blkhang/own-1", "remove group blkhang/own-0"));
    EXPECT_EQ(counters_->cgroups_created, 2U);
    EXPECT_EQ(counters_->cgroups_removed, 1U);
    EXPECT_EQ(counters_->cgroup_failures, 0U);
}

TEST_F(OwnGroupTest, OneThatCannotBeEnteredIsLeftBehindAndCounted) {
    machine_.cgroups.fails.insert("move into group blkhang/own-1");
    renew_twice();
    EXPECT_EQ(counters_->cgroups_created, 1U);
    EXPECT_EQ(counters_->cgroup_failures, 1U);
}

TEST_F(OwnGroupTest, StaysWhereABioBelongsToThePage) {
    site_->swap_is_submitters = false;
    renew_twice();
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

}  // namespace
}  // namespace blkhang
