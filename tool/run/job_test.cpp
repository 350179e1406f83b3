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
    job.plant = "sync-alloc";
    const auto back = decode_job(encode_job(job));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::run);
    EXPECT_EQ(back->profile.summary, job.profile.summary);
    EXPECT_EQ(back->profile.churn.ring, 17U);
    EXPECT_EQ(back->profile.coverage.at("trials"), 20U);
    EXPECT_EQ(back->plant, "sync-alloc");
}

TEST(Job, CheckNeedsNoProfile) {
    Job job;
    job.kind = Job::Kind::check;
    const auto back = decode_job(encode_job(job));
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(back->kind, Job::Kind::check);
}

TEST(GuestDisks, DataFirstThenTheSwapDisks) {
    Profile profile;
    profile.swap.disks = 2;
    profile.swap.size = 7;
    profile.guest.data_disk = 9;
    const auto disks = guest_disks(profile);
    EXPECT_EQ(disks.data, "vda");
    EXPECT_EQ(disks.swap, (std::vector<std::string>{"vdb", "vdc"}));
    EXPECT_EQ(disks.sizes, (std::vector<std::uint64_t>{9, 7, 7}));
}

TEST(Job, DamageIsAnErrorNotAnException) {
    EXPECT_FALSE(decode_job(""));
    EXPECT_FALSE(decode_job("[]"));
    EXPECT_FALSE(decode_job("{\"kind\": 3}"));
    EXPECT_FALSE(decode_job(R"({"kind":"run","profile":"nonsense","plant":""})"));
}

}  // namespace
}  // namespace blkhang
