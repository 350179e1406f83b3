// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cgroups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ThrottleValues, OneLineOnV2) {
    const Throttle limits{.write_bytes_per_s = 1048576, .write_ios_per_s = 100};
    EXPECT_THAT(throttle_values(CgroupVersion::v2, {"254:0", limits}),
                ElementsAre(KnobValue{"io.max", "254:0 rbps=max wbps=1048576 riops=max wiops=100"}));
}

TEST(ThrottleValues, OneKnobPerLimitOnV1) {
    const Throttle limits{.read_bytes_per_s = 5, .write_ios_per_s = 100};
    EXPECT_THAT(throttle_values(CgroupVersion::v1, {"254:16", limits}),
                ElementsAre(KnobValue{"blkio.throttle.read_bps_device", "254:16 5"},
                            KnobValue{"blkio.throttle.write_iops_device", "254:16 100"}));
}

TEST(ThrottleValues, NothingLimitedWritesNothing) {
    EXPECT_THAT(throttle_values(CgroupVersion::v2, {"254:0", {}}), IsEmpty());
    EXPECT_THAT(throttle_values(CgroupVersion::v1, {"254:0", {}}), IsEmpty());
}

TEST(MissingKnobs, AreNamedOnce) {
    const TempDir group = TempDir::make("cgroups_test").value();
    const Throttle limits{.write_bytes_per_s = 5, .write_ios_per_s = 100};
    const std::vector<DiskThrottle> throttles{{"254:0", limits}, {"254:16", limits}};
    EXPECT_THAT(missing_knobs(CgroupVersion::v2, throttles, group.path()), ElementsAre("io.max"));
    ASSERT_TRUE(write_file(group.path() / "io.max", ""));
    EXPECT_THAT(missing_knobs(CgroupVersion::v2, throttles, group.path()), IsEmpty());
    ASSERT_TRUE(write_file(group.path() / "blkio.throttle.write_bps_device", ""));
    EXPECT_THAT(missing_knobs(CgroupVersion::v1, throttles, group.path()),
                ElementsAre("blkio.throttle.write_iops_device"));
}

TEST(WrittenBytes, AreThoseOfTheDisk) {
    constexpr const char* kUnified = "254:16 rbytes=1 wbytes=2 rios=3\n254:1 rbytes=5 wbytes=4096 rios=1 wios=1\n";
    EXPECT_EQ(written_bytes(CgroupVersion::v2, kUnified, "254:1"), 4096U);
    EXPECT_EQ(written_bytes(CgroupVersion::v2, kUnified, "254:16"), 2U);
    EXPECT_FALSE(written_bytes(CgroupVersion::v2, kUnified, "254:2"));
    constexpr const char* kLegacy = "254:0 Read 7\n254:0 Write 8192\n254:0 Total 8199\nTotal 8199\n";
    EXPECT_EQ(written_bytes(CgroupVersion::v1, kLegacy, "254:0"), 8192U);
}

TEST(WrittenBytes, DiskThatWasOnlyNamedIsNotZero) {
    // A line without numbers is what a disk without statistics looks like.
    EXPECT_FALSE(written_bytes(CgroupVersion::v2, "254:0 \n", "254:0"));
    EXPECT_FALSE(written_bytes(CgroupVersion::v2, "254:0 wbytes=x\n", "254:0"));
}

class Tree : public testing::Test {
protected:
    Result<CgroupTree> open(CgroupVersion version = CgroupVersion::v2) {
        return CgroupTree::open(machine_.ledger, machine_.cgroups, version, "ours");
    }
    FakeMachine machine_;
};

TEST_F(Tree, TheGroupAboveAllIsToldBeforeItIsMadeAndNoneBelowIt) {
    const auto tree = open();
    ASSERT_TRUE(tree);
    std::vector<std::optional<std::size_t>> told;
    ASSERT_TRUE(tree->create("writer0", {{"254:16", {}}, {"254:0", Throttle{.write_bytes_per_s = 7}}},
                             [&](std::optional<std::size_t> place) { told.push_back(place); }));
    EXPECT_EQ(told, (std::vector<std::optional<std::size_t>>{1, std::nullopt})) << "the first has no limit to write";
    ASSERT_TRUE(tree->attach("writer0", 1));
    ASSERT_TRUE(tree->remove("writer0"));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told cgroup ours", "make group ours", "make group ours/writer0",
                                                     "throttle group ours/writer0", "move into group ours/writer0",
                                                     "remove group ours/writer0"));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_EQ(tree->directory(), machine_.tree.roots().cgroup() / "ours");
    EXPECT_EQ(tree->statistics(), machine_.tree.roots().cgroup() / "ours" / "io.stat");
    EXPECT_TRUE(tree->has_memory());
}

TEST_F(Tree, OnV1EachHierarchyHasOneToUndo) {
    machine_.cgroups.mounts = {{"blkio", machine_.tree.at("v1/blkio")}, {"memory", machine_.tree.at("v1/memory")}};
    ASSERT_TRUE(open(CgroupVersion::v1));
    EXPECT_THAT(machine_.ledger.all<change::Cgroup>(), ElementsAre(change::Cgroup{machine_.tree.at("v1/blkio/ours")},
                                                                   change::Cgroup{machine_.tree.at("v1/memory/ours")}));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
}

TEST_F(Tree, WithoutAMemoryControllerItDoesWithBlkio) {
    machine_.cgroups.mounts = {{"blkio", machine_.tree.at("v1/blkio")}};
    const auto tree = open(CgroupVersion::v1);
    ASSERT_TRUE(tree);
    EXPECT_FALSE(tree->has_memory());
    EXPECT_EQ(tree->statistics().filename(), "blkio.throttle.io_service_bytes_recursive");
}

TEST_F(Tree, WithoutAnIoControllerThereIsNone) {
    machine_.cgroups.mounts.erase("io");
    const auto failed = open();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().fault(), Fault::unsupported);
    EXPECT_EQ(failed.error().message(), "the cgroup controller io is not available");
}

TEST_F(Tree, WithoutTheLedgerNoneIsMade) {
    machine_.ledger.refuses_at = 0;
    EXPECT_FALSE(open());
    EXPECT_FALSE(is_there(machine_.tree.roots().cgroup() / "ours"));
}

TEST_F(Tree, AThrottleThatIsRefusedNamesTheDisk) {
    machine_.cgroups.knobs.clear();
    const auto tree = open();
    ASSERT_TRUE(tree);
    const auto failed = tree->create("writer0", {{"254:0", Throttle{.write_bytes_per_s = 7}}});
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), testing::HasSubstr("throttling disk 254:0"));
}

}  // namespace
}  // namespace blkhang
