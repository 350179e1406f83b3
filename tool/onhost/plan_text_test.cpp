// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/plan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

HostRunRequest request_for(HostDisks disks) {
    HostRunRequest request;
    request.profile.swap.disks = 2;
    request.disks = std::move(disks);
    request.directory = "/var/runs/one";
    request.ledger = "/var/lib/blkhang";
    return request;
}

std::string planned(const HostRunRequest& request, const Result<ScaledProfile>& profile, const HostSituation& situation,
                    const Objections& against) {
    return plan_text(describe(request, profile, situation, against), request.profile);
}

TEST(PlanText, SaysWhatHappensToTheDisksAndHowItIsUndone) {
    const auto request = request_for(NamedDisks{"sdb", {"sdc"}});
    HostSituation host;
    host.disks = {{"sdb", "8:16", std::uint64_t{1} << 30U, {}}, {"sdc", "8:32", std::uint64_t{2} << 30U, {}}};
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, host, {}),
                AllOf(HasSubstr("sdb (1GiB) is written to, sdc (2GiB) swapped to; what is on them is lost"),
                      HasSubstr("`blkhang cleanup`, from the ledger in /var/lib/blkhang"),
                      HasSubstr("no pressure of its own"), HasSubstr("/var/runs/one"), Not(HasSubstr("refused"))));
}

TEST(PlanText, SaysWhatIsMade) {
    const auto null = request_for(NullDisks{});
    EXPECT_THAT(planned(null, ScaledProfile{null.profile, {}}, {}, {}), HasSubstr("2 of 512MiB to swap to"));
    const auto files = request_for(FileDisks{"/srv/spare"});
    EXPECT_THAT(planned(files, ScaledProfile{files.profile, {}}, {}, {}), HasSubstr("new files in /srv/spare"));
}

TEST(PlanText, SaysWhichVirtualMachinesThereWillBeAndWhatWasChosen) {
    auto request = request_for(NullDisks{});
    request.profile.kvm.guests = 8;
    HostSituation host;
    EXPECT_THAT(
        planned(request, ScaledProfile{request.profile, {"writers.count = 64: 1 for each of 64 CPUs"}}, host, {}),
        AllOf(HasSubstr("8 by QEMU, emulated"), HasSubstr("this host's kernel"), HasSubstr("up to 1536MiB of memory"),
              HasSubstr("chosen:   writers.count = 64")));
    host.kvm = true;
    request.guest_image = "/srv/debian.raw";
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, host, {}),
                AllOf(HasSubstr("with KVM if the first one boots with it"), HasSubstr("a copy of /srv/debian.raw")));
}

TEST(PlanText, SaysOfWhichDiskWritebackIsThrottled) {
    const auto request = request_for(FileDisks{"/srv"});
    HostSituation host;
    GivenDisk below;
    below.name = "sda";
    host.below = {below};
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, host, {}), Not(HasSubstr("wbt")));
    host.below.front().throttles_writeback = true;
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, host, {}),
                HasSubstr("note:     sda holds writers back"));
}

TEST(PlanText, SaysWhatBecomesOfAHang) {
    auto request = request_for(NullDisks{});
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, {}, {}), Not(HasSubstr("killed")));
    request.heal = true;
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, {}, {}),
                HasSubstr("healed:   a hang, by killing the load's own"));
    request.watchdog = "/dev/watchdog0";
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, {}, {}),
                HasSubstr("reset:    by /dev/watchdog0, 30s after the proof of a hang that still stands then; before"));
    request.heal = false;
    EXPECT_THAT(planned(request, ScaledProfile{request.profile, {}}, {}, {}), HasSubstr("nobody is killed meanwhile"));
}

TEST(PlanText, SaysWhatSpeaksAgainstIt) {
    const auto request = request_for(NullDisks{});
    EXPECT_THAT(planned(request, fail(Fault::unsupported, "too little to swap to"), {}, {{"no root"}, {"no watchdog"}}),
                AllOf(HasSubstr("refused:  no root"), HasSubstr("refused:  too little to swap to"),
                      HasSubstr("consent:  no watchdog (--accept-freeze)")));
}

}  // namespace
}  // namespace blkhang
