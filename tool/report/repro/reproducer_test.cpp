// SPDX-License-Identifier: GPL-2.0-only
#include "report/repro/reproducer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/fields.h"
#include "profile/shipped.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(ExactKernel, OfWhatARecordSays) {
    EXPECT_EQ(exact_kernel("deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)"),
              "deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1");
    EXPECT_EQ(exact_kernel("deb:linux-image-x@bookworm (6.1.162-1)"), "deb:linux-image-x=6.1.162-1@bookworm");
    EXPECT_EQ(exact_kernel("deb:linux-image-x=6.1.162-1 (6.1.162-1)"), "deb:linux-image-x=6.1.162-1");
    EXPECT_EQ(exact_kernel("tree:/src standing for deb:6.1 (p 6.1.162-1)"), "deb:p=6.1.162-1");
    for (const char* own : {"tree:/home/a/linux", "file:/boot/vmlinuz", "running", "", "deb:6.1"}) {
        EXPECT_THAT(exact_kernel(own), IsEmpty()) << own;
    }
}

TEST(KernelAsAskedFor, WhateverIsInIt) {
    EXPECT_EQ(kernel_as_asked_for("deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)"), "deb:6.1");
    EXPECT_EQ(kernel_as_asked_for("tree:/my src standing for deb:6.1 (p 6.1.162-1)"), "tree:/my src");
    EXPECT_EQ(kernel_as_asked_for("file:/a (b)/bzImage"), "file:/a (b)/bzImage");
    EXPECT_EQ(kernel_as_asked_for(""), "");
}

class ReproducerTest : public testing::Test {
protected:
    Record record_ = replay::record("self-deadlock");
    Profile shipped_ = load_profile("kvm-2011").value();
};

TEST_F(ReproducerTest, AShippedProfileGoesByItsName) {
    EXPECT_THAT(arguments(reproducer_of(record_, &shipped_, &shipped_)),
                ElementsAre("kvm-2011", "--guest", "deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1"));
}

TEST_F(ReproducerTest, WhatWasSetIsSetAgain) {
    Profile resolved = shipped_;
    ASSERT_TRUE(set_field(resolved, "duration=90s"));
    ASSERT_TRUE(set_field(resolved, "churn.workers=5"));
    const auto made = reproducer_of(record_, &resolved, &shipped_);
    EXPECT_THAT(made.sets, testing::UnorderedElementsAre(HasSubstr("duration="), "churn.workers=5"));
    Profile again = shipped_;
    for (const std::string& set : made.sets) {
        ASSERT_TRUE(set_field(again, set)) << set;
    }
    EXPECT_EQ(again.duration, resolved.duration);
    EXPECT_EQ(again.churn.workers, resolved.churn.workers);
}

TEST_F(ReproducerTest, SettingsAreWhatARunDoes) {
    Profile other = shipped_;
    other.name = "mine";
    other.summary = "told otherwise";
    other.description.clear();
    other.applies = "6.1 only";
    EXPECT_TRUE(same_settings(shipped_, other));
    EXPECT_TRUE(same_settings(other, shipped_));
    EXPECT_EQ(reproducer_of(record_, &other, &shipped_).profile, "kvm-2011");
    other.guest.memory += 1U << 20U;
    EXPECT_FALSE(same_settings(shipped_, other));
    Profile triggered = load_profile("elv-bfq").value();
    Profile elsewhere = triggered;
    elsewhere.triggers.back().file = "/sys/block/{disk}/queue/nr_requests";
    EXPECT_FALSE(same_settings(triggered, elsewhere));
}

TEST_F(ReproducerTest, ANameStandsForTheSettingsThatAreBuiltInUnderIt) {
    Profile ran = shipped_;
    ran.summary = "told otherwise";
    EXPECT_TRUE(is_as_shipped(ran));
    ran.guest.memory += 1U << 20U;
    EXPECT_FALSE(is_as_shipped(ran));
    Profile unknown = shipped_;
    unknown.name = "mine";
    EXPECT_FALSE(is_as_shipped(unknown));
}

TEST_F(ReproducerTest, WhatCannotBeSetIsAFile) {
    Profile resolved = shipped_;
    resolved.triggers.push_back({.name = "mine", .file = "/sys/x", .values = {"1"}});
    EXPECT_EQ(reproducer_of(record_, &resolved, &shipped_).profile, "./profile.toml");
    EXPECT_EQ(reproducer_of(record_, &resolved, nullptr).profile, "./profile.toml");
}

TEST_F(ReproducerTest, AKernelOfOnesOwnIsToBeFilledIn) {
    record_.run.kernel = "tree:/home/alice/linux";
    EXPECT_THAT(arguments(reproducer_of(record_, nullptr, nullptr)), ElementsAre("kvm-2011", "--guest", "KERNEL"));
}

TEST_F(ReproducerTest, CommandsAreBrokenBetweenOptions) {
    Reproducer run{"deb:linux-image-7.2.12+deb13-cloud-amd64=7.2.12-1", "", "elv-bfq", {"duration=90s"}};
    EXPECT_EQ(command_lines(run, 75, 2),
              "  blkhang run elv-bfq \\\n"
              "      --guest deb:linux-image-7.2.12+deb13-cloud-amd64=7.2.12-1 \\\n"
              "      --set duration=90s\n");
}

TEST_F(ReproducerTest, ByHandNamesEveryTrigger) {
    const Profile profile = load_profile("elv-bfq").value();
    EXPECT_THAT(by_hand(profile).back(),
                HasSubstr("write 'bfq', then 'none' to /sys/block/DISK/queue/scheduler (the swap disk)"));
    EXPECT_THAT(by_hand(profile).front(), AllOf(HasSubstr("256MiB"), HasSubstr("2 CPUs"), HasSubstr("512MiB")));
}

TEST_F(ReproducerTest, TheScriptQuotesAndPassesOn) {
    record_.plant = "x'; rm -r /";
    const std::string script = reproduce_script(record_, Templates::built_in()).value();
    EXPECT_THAT(script, AllOf(HasSubstr("kernel=deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1\n"),
                              HasSubstr("--plant 'x'\\''; rm -r /' \"$@\"\n"), Not(HasSubstr("{{"))));
    record_.run.kernel = "tree:/home/alice/linux";
    EXPECT_THAT(reproduce_script(record_, Templates::built_in()).value(), HasSubstr("\nkernel=''\n"));
    EXPECT_THAT(reproduce_matrix_script(Templates::built_in()).value(),
                AllOf(HasSubstr(" matrix \"$here/matrix.toml\""), Not(HasSubstr("profile.toml"))));
}

}  // namespace
}  // namespace blkhang
