// SPDX-License-Identifier: GPL-2.0-only
#include "stage/host_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/load_site.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HostSiteTest : public testing::Test {
protected:
    HostSiteTest() { profile_.swap.disks = 1; }
    HostSite site(HostDisks disks) {
        return {
            machine_.staging, machine_.cgroups, std::move(disks), {CgroupVersion::v2, "system.slice/b.scope"}, "/s"};
    }
    std::vector<std::string> provide(HostSite& site) { return try_to_provide(site).value(); }
    Result<std::vector<std::string>> try_to_provide(HostSite& site) {
        return site.provide_disks(profile_, [](int /*socket*/, int /*backing*/) -> Status { return {}; });
    }
    FakeMachine machine_;
    Profile profile_;
};

TEST_F(HostSiteTest, NobodyIsKilledThereAndTheEndsOfDisksAreLeftAlone) {
    const auto here = site(NamedDisks{"sdb", {"sdc"}});
    EXPECT_EQ(here.terms().healing, Healing::forbidden);
    EXPECT_EQ(here.terms().margin, std::uint64_t{1} << 20U);
    EXPECT_EQ(here.terms().cgroup, "system.slice/b.scope/load");
    EXPECT_TRUE(here.terms().prepared);
    EXPECT_FALSE(site(NullDisks{}).terms().prepared) << "nobody has prepared them";
}

TEST_F(HostSiteTest, OfTheSwapDisksTheLastOnesAreSpare) {
    profile_.swap.spare = 1;
    for (const auto& [name, number] : {std::pair{"sdb", "8:16"}, {"sdc", "8:32"}, {"sdd", "8:48"}}) {
        machine_.tree.disk(name, number);
    }
    auto here = site(NamedDisks{"sdb", {"sdc", "sdd"}});
    EXPECT_THAT(provide(here), IsEmpty());
    EXPECT_EQ(here.disks(profile_).data, "sdb");
    EXPECT_THAT(here.disks(profile_).swap, ElementsAre("sdc"));
    EXPECT_THAT(here.disks(profile_).spare, ElementsAre("sdd"));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty()) << "they are there";
}

TEST_F(HostSiteTest, AllThatIsLackingIsTold) {
    profile_.swap.spare = 1;
    auto here = site(NamedDisks{"sdb", {"sdc"}});
    EXPECT_THAT(provide(here),
                ElementsAre("there is no disk sdb", "there is no disk sdc", "the profile needs 2 disks to swap to"));
    profile_.swap.device = SwapKind::nbd;
    EXPECT_THAT(provide(here), ElementsAre(HasSubstr("only made in guests")));
}

TEST_F(HostSiteTest, ADriverThatIsMissingIsToldOnce) {
    machine_.tree.put("sys/kernel/config/other", "");
    auto here = site(NullDisks{});
    EXPECT_THAT(provide(here), ElementsAre(HasSubstr("null_blk")));
}

TEST_F(HostSiteTest, AFileThatIsThereAlreadyIsAnErrorAndNothingThatTheKernelLacks) {
    machine_.tree.put("sys/module/loop/refcnt", "0");
    machine_.tree.put("srv/disk0", "theirs");
    auto here = site(FileDisks{machine_.tree.at("srv")});
    const auto provided = try_to_provide(here);
    ASSERT_FALSE(provided);
    EXPECT_THAT(provided.error().message(), HasSubstr("srv/disk0"));
}

TEST_F(HostSiteTest, CgroupsAreThoseOfTheHost) {
    auto here = site(NullDisks{});
    EXPECT_EQ(here.provide_cgroups(CgroupVersion::automatic).value(), CgroupVersion::v2);
    EXPECT_THAT(here.provide_cgroups(CgroupVersion::v1).error().message(), HasSubstr("cgroup v2"));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty()) << "nothing is mounted";
}

}  // namespace
}  // namespace blkhang
