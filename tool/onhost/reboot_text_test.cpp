// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/reboot_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

TEST(RebootTextTest, SaysWhatIsLostAndHowToGoOn) {
    HostRunRequest request;
    EXPECT_THAT(about_the_reboot(request, {}), ElementsAre(HasSubstr("Lost by it"), HasSubstr("sysrq-trigger"),
                                                           EndsWith("afterwards: blkhang cleanup")));
}

TEST(RebootTextTest, NamesTheVirtualMachinesAndWhereTheEvidenceIs) {
    HostRunRequest request;
    request.journal = "/dev/pmem0";
    VirtualMachine guest;
    guest.guest = "db1";
    VirtualMachine other;
    other.pid = 7;
    RunningPrograms running;
    running.machines = {guest, other};
    EXPECT_THAT(about_the_reboot(request, running),
                ElementsAre(HasSubstr("Lost by it"), HasSubstr("db1, 7"), HasSubstr("sysrq-trigger"),
                            HasSubstr("recover --journal /dev/pmem0")));
}

}  // namespace
}  // namespace blkhang
