// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/family.h"
#include "kernels/sleepers.h"

namespace blkhang {
namespace {

using testing::StartsWith;

TEST(Members, EachSaysWhatIsKnownOfIt) {
    for (const MemberKnowledge& member : members()) {
        EXPECT_FALSE(member.functions.empty()) << member.name;
        EXPECT_FALSE(member.closed.empty()) << member.name;
        EXPECT_FALSE(member.series.empty()) << member.name;
        EXPECT_FALSE(member.until_then.empty()) << member.name;
        for (const auto& series : member.series) {
            EXPECT_THAT(std::string(series.read), StartsWith(std::string(series.version)));
            EXPECT_TRUE(kernel_version(series.version).has_value());
        }
    }
    // What hangs otherwise hangs.
    for (const MemberKnowledge& member : members()) {
        for (const auto& series : member.series) {
            EXPECT_TRUE(series.open || series.otherwise.empty()) << member.name << " in " << series.version;
        }
    }
    EXPECT_EQ(find_member("none"), nullptr);
}

TEST(Members, AKernelIsLookedUpByItsSeries) {
    const auto* member = find_member("elv-switch");
    ASSERT_NE(member, nullptr);
    EXPECT_TRUE(series_of(*member, {6, 12})->open);
    EXPECT_FALSE(series_of(*member, {6, 18})->open);
    EXPECT_EQ(series_of(*member, {6, 5}), nullptr);
}

TEST(Members, WhatIsInferredOfAKernelsSourcesKnowsThemToo) {
    const auto family = family_of({});
    for (const MemberKnowledge& member : members()) {
        if (member.name != "kvm-2011") {
            EXPECT_TRUE(std::ranges::any_of(family, [&](const auto& one) { return one.name == member.name; }))
                << member.name;
        }
    }
}

TEST(Members, AFixIsACommit) {
    EXPECT_EQ(fix_of(*find_member("elv-switch")), "f5a6604f7a44");
    EXPECT_EQ(fix_of(*find_member("elv-bfq")), "") << "there is none";
    const auto family = family_of({{"wbt_early", "yes"}});
    const auto wbt = std::ranges::find(family, "wbt-enable", &FamilyMember::name);
    ASSERT_NE(wbt, family.end());
    EXPECT_EQ(wbt->ways.front().why, "statistics come before the freeze (41afaeeda509)");
}

TEST(Sleepers, EachRowHasASource) {
    for (const auto& rows : {lock_waits(), queue_waits(), outer_waits(), plain_io()}) {
        for (const WaitRow& row : rows) {
            EXPECT_FALSE(row.source.empty()) << row.function;
            EXPECT_EQ(row.lock.empty(), row.thing != Thing::lock) << row.function;
        }
    }
    for (const HoldRow& row : holds()) {
        EXPECT_FALSE(row.source.empty()) << row.function;
    }
}

TEST(Sleepers, NamesAreComparedWithoutACompilersSuffix) {
    EXPECT_EQ(without_suffix("pcpu_alloc_pages.isra.0"), "pcpu_alloc_pages");
    EXPECT_TRUE(fits("nfs_getattr", "nfs_*"));
    EXPECT_FALSE(fits("nfsd_dispatch", "nfs_*"));
    EXPECT_FALSE(fits("blk_mq_get_tags", "blk_mq_get_tag"));
    EXPECT_TRUE(is_percpu_charge("obj_cgroup_charge"));
    EXPECT_TRUE(is_mutex_code("__mutex_lock"));
    EXPECT_FALSE(is_sleeping_code("pcpu_alloc"));
}

}  // namespace
}  // namespace blkhang
