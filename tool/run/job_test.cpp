// SPDX-License-Identifier: GPL-2.0-only
#include "run/job.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Job, TravelsUnchanged) {
    Job job;
    job.profile.name = "x";
    job.profile.summary = "a \"quoted\" one";
    job.profile.churn.ring = 17;
    job.profile.coverage["trials"] = 20;
    job.profile.triggers = {{.name = "switch", .file = "/sys/block/{disk}/queue/scheduler", .values = {"bfq", "none"}}};
    job.profile.guest.modules = {"bfq"};
    job.plant = "sync-alloc";
    const auto back = decode_job(encode_job(job));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::run);
    EXPECT_EQ(back->profile.summary, job.profile.summary);
    EXPECT_EQ(back->profile.churn.ring, 17U);
    EXPECT_EQ(back->profile.coverage.at("trials"), 20U);
    ASSERT_EQ(back->profile.triggers.size(), 1U);
    EXPECT_EQ(back->profile.triggers[0].values, job.profile.triggers[0].values);
    EXPECT_EQ(back->profile.guest.modules, job.profile.guest.modules);
    EXPECT_EQ(back->plant, "sync-alloc");
}

TEST(Job, CheckNeedsNoProfile) {
    Job job;
    job.kind = Job::Kind::check;
    const auto back = decode_job(encode_job(job));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::check);
}

TEST(Job, OfAVirtualMachineOfTheLoadHasItsNumbers) {
    Job job;
    job.kind = Job::Kind::write;
    job.profile.name = "x";
    job.profile.summary = "y";
    job.profile.kvm.block = 512;
    const auto back = decode_job(encode_job(job));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::write);
    EXPECT_EQ(back->profile.kvm.block, 512U);
}

TEST(DemandsOf, AllVirtualMachinesOfTheLoadHaveToWrite) {
    Profile profile;
    EXPECT_EQ(demands_of(profile).coverage.count("guests"), 0U);
    profile.kvm.guests = 8;
    EXPECT_EQ(demands_of(profile).coverage.at("guests"), 8U);
}

TEST(DemandsOf, ATriggerMustHaveSucceededOnce) {
    Profile profile;
    profile.trial = "queue_freezes";
    EXPECT_EQ(demands_of(profile).coverage.count("trigger_successes"), 0U);
    EXPECT_EQ(demands_of(profile).trial, "queue_freezes");
    profile.triggers.push_back({.phase = TriggerPhase::stage});
    EXPECT_EQ(demands_of(profile).coverage.count("trigger_successes"), 0U);
    profile.triggers.emplace_back();
    EXPECT_EQ(demands_of(profile).coverage.at("trigger_successes"), 1U);
    profile.coverage_where = {{"freeze_noio", "no", {{"queue_freezes", 4}}}};
    EXPECT_EQ(coverage_for(demands_of(profile), {{"freeze_noio", "no"}}).at("queue_freezes"), 4U);
    profile.coverage["trigger_successes"] = 20;
    EXPECT_EQ(demands_of(profile).coverage.at("trigger_successes"), 20U);
}

TEST(Job, DamageIsAnErrorNotAnException) {
    EXPECT_FALSE(decode_job(""));
    EXPECT_FALSE(decode_job("[]"));
    EXPECT_FALSE(decode_job("{\"kind\": 3}"));
    EXPECT_FALSE(decode_job(R"({"kind":"run","profile":"nonsense","plant":""})"));
}

}  // namespace
}  // namespace blkhang
