// SPDX-License-Identifier: GPL-2.0-only
#include "record/measured_hangs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "kernels/members.h"

namespace blkhang {
namespace {

using State = FamilyMember::State;

/// As `blkhang check --guest deb:SERIES --json` told them.
const std::map<std::string, std::map<std::string, std::string>>& kernels() {
    static const std::map<std::string, std::map<std::string, std::string>> known{
        {"5.10.262-1",
         {{"elevator_data_early", "no"},
          {"elevator_tags_early", "no"},
          {"freeze_noio", "no"},
          {"iocost_frozen", "no"},
          {"noio_percpu_takes_mutex", "no"},
          {"nr_requests_early", "no"},
          {"percpu_backing_noio", "no"},
          {"throttle_on_demand", "no"},
          {"wbt_early", "no"}}},
        {"6.1.192-2",
         {{"elevator_data_early", "no"},
          {"elevator_tags_early", "no"},
          {"freeze_noio", "no"},
          {"iocost_frozen", "no"},
          {"noio_percpu_takes_mutex", "yes"},
          {"nr_requests_early", "no"},
          {"percpu_backing_noio", "no"},
          {"throttle_on_demand", "no"},
          {"wbt_early", "no"}}},
        {"6.12.117-1~deb12u1",
         {{"elevator_data_early", "no"},
          {"elevator_tags_early", "no"},
          {"freeze_noio", "no"},
          {"iocost_frozen", "no"},
          {"noio_percpu_takes_mutex", "yes"},
          {"nr_requests_early", "no"},
          {"percpu_backing_noio", "no"},
          {"throttle_on_demand", "yes"},
          {"wbt_early", "no"}}},
        {"7.2.12-1~bpo13+1",
         {{"elevator_data_early", "yes"},
          {"elevator_tags_early", "yes"},
          {"freeze_noio", "yes"},
          {"iocost_frozen", "yes"},
          {"noio_percpu_takes_mutex", "yes"},
          {"nr_requests_early", "yes"},
          {"percpu_backing_noio", "no"},
          {"throttle_on_demand", "yes"},
          {"wbt_early", "yes"}}},
        {"7.3.4-1~bpo13+1",
         {{"elevator_data_early", "yes"},
          {"elevator_tags_early", "yes"},
          {"freeze_noio", "yes"},
          {"iocost_frozen", "yes"},
          {"noio_percpu_takes_mutex", "yes"},
          {"nr_requests_early", "yes"},
          {"percpu_backing_noio", "yes"},
          {"throttle_on_demand", "yes"},
          {"wbt_early", "yes"}}},
    };
    return known;
}

TEST(MeasuredHangs, AreThoseOfTheKernelThatUnameNames) {
    const auto hangs = measured_hangs("#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)");
    const auto found = std::ranges::find(hangs, "elv-switch", &MeasuredHangs::profile);
    ASSERT_NE(found, hangs.end());
    EXPECT_EQ(found->hangs, 20U);
    EXPECT_EQ(found->boots, 20U);
    EXPECT_TRUE(measured_hangs("#1 SMP Debian 6.1.192-20 (2026-11-16)").empty());
}

/// Inference alone, without the measurements: another version of the same sources has none.
TEST(MeasuredHangs, NoneIsOfAMemberThatItsKernelsSourcesAreSaidToClose) {
    for (const auto& [version, fingerprints] : kernels()) {
        const auto family = family_of(fingerprints);
        const auto measured = measured_hangs(version);
        ASSERT_FALSE(measured.empty()) << version;
        for (const MeasuredHangs& one : measured) {
            if (one.hangs + one.hazards == 0) {
                continue;
            }
            const auto member = std::ranges::find(family, one.profile, &FamilyMember::name);
            ASSERT_NE(member, family.end()) << one.profile;
            EXPECT_NE(member->state, State::closed) << one.profile << " on " << version << ": " << member->why;
        }
    }
}

/// `diagnose` tells the user that a kernel without the member needs "a module or a patch that brings it back".
TEST(MeasuredHangs, AreKnownOfTheMembersOfTheFamily) {
    for (const MemberKnowledge& member : members()) {
        for (const auto& series : member.series) {
            for (const char* package : {"-1", "-2", "-1~deb12u1", "-1~bpo13+1"}) {
                for (const auto& measured : measured_hangs(std::string(series.read) + package)) {
                    if (measured.profile == member.name && measured.hangs > 0) {
                        EXPECT_TRUE(series.open) << member.name << " on " << series.read << " hung in "
                                                 << measured.hangs << " of " << measured.boots << " boots";
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace blkhang
