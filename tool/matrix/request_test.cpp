// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MatrixRequest small() {
    MatrixRequest request;
    request.kernels = {"deb:6.1", "deb:7.3"};
    request.profiles = {"kvm-2011"};
    return request;
}

std::string refusal(const MatrixRequest& request) {
    const auto checked = check_request(request);
    EXPECT_FALSE(checked);
    EXPECT_EQ(checked ? Fault::broken : checked.error().fault(), Fault::usage);
    return checked ? "" : checked.error().message();
}

std::string parse_error(std::string_view toml) {
    const auto parsed = parse_request(toml, "m.toml");
    EXPECT_FALSE(parsed);
    EXPECT_EQ(parsed ? Fault::broken : parsed.error().fault(), Fault::usage);
    return parsed ? "" : parsed.error().message();
}

TEST(MatrixRequest, IsReadBackAsItWasPrinted) {
    MatrixRequest request = small();
    request.plants = {"none", "sync-alloc"};
    request.sets = {"duration=20s", R"(summary="x\y")"};
    request.duration = "45s";
    request.repeat = 10;
    request.jobs = 2;
    request.calibrate = true;
    request.deadline = std::chrono::minutes(3);
    const auto read = parse_request(to_toml(request), "m.toml");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->kernels, request.kernels);
    EXPECT_EQ(read->profiles, request.profiles);
    EXPECT_EQ(read->plants, request.plants);
    EXPECT_EQ(read->sets, request.sets);
    EXPECT_EQ(read->duration, request.duration);
    EXPECT_EQ(read->repeat, 10U);
    EXPECT_EQ(read->jobs, 2U);
    EXPECT_TRUE(read->calibrate);
    EXPECT_EQ(read->deadline, std::chrono::minutes(3));
}

TEST(MatrixRequest, NodesThemselvesHaveTheKernelThatTheyHave) {
    MatrixRequest request = small();
    request.on_nodes = true;
    EXPECT_THAT(refusal(request), HasSubstr("the kernel that runs there"));
    request.kernels = {"running"};
    request.plants = {"none"};
    EXPECT_TRUE(check_request(request));
    EXPECT_TRUE(parse_request(to_toml(request), "m.toml")->on_nodes);
    request.calibrate = true;
    EXPECT_THAT(refusal(request), HasSubstr("without planted bugs"));
    request.calibrate = false;
    request.plants = {"sync-alloc"};
    EXPECT_THAT(refusal(request), HasSubstr("without planted bugs"));
}

TEST(MatrixRequest, HasNoMoreCellsThanAMachineCanPlan) {
    MatrixRequest request = small();
    request.repeat = 5'000;
    EXPECT_TRUE(check_request(request)) << "10,000 cells";
    request.repeat = 5'001;
    EXPECT_THAT(refusal(request), HasSubstr("more than 10000 cells"));
    request.repeat = 5'000;
    request.plants = {"none", "sync-alloc"};
    EXPECT_THAT(refusal(request), HasSubstr("more than 10000 cells"));
    request = small();
    request.profiles.resize(5'001, "x");
    EXPECT_THAT(refusal(request), HasSubstr("more than 10000 cells"));
    request = {};
    request.before = "deb:6.1";
    request.after = "deb:6.12";
    request.profiles = {"kvm-2011"};
    request.repeat = 5'001;
    EXPECT_THAT(refusal(request), HasSubstr("more than 10000 cells"));
}

TEST(MatrixRequest, SidesAreReadBackToo) {
    MatrixRequest request;
    request.before = "deb:6.1,plant=sync-alloc";
    request.after = "deb:6.1,plant=worker-alloc";
    request.profiles = {"kvm-2011"};
    EXPECT_TRUE(check_request(request));
    const auto read = parse_request(to_toml(request), "m.toml");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->before, request.before);
    EXPECT_EQ(read->after, request.after);
    EXPECT_THAT(read->kernels, testing::IsEmpty());
}

TEST(MatrixRequest, WhatTheFileLeavesOutKeepsItsDefault) {
    const auto read = parse_request("kernels = [\"deb:6.1\"]\nprofiles = [\"kvm-2011\"]\n", "m.toml");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->kernels, ElementsAre("deb:6.1"));
    EXPECT_EQ(read->repeat, 1U);
    EXPECT_FALSE(read->deadline);
}

TEST(MatrixRequest, FileErrorsNameThePlace) {
    EXPECT_THAT(parse_error("kernels = ["), HasSubstr("m.toml:1:"));
    EXPECT_THAT(parse_error("jobs = 1\nkernel = []\n"), HasSubstr("m.toml:2:1: unknown key 'kernel'; did you mean"));
    EXPECT_THAT(parse_error("repeat = 0\n"), HasSubstr("expected a whole number from 1"));
    EXPECT_THAT(parse_error("repeat = \"2\"\n"), HasSubstr("expected a whole number"));
    EXPECT_THAT(parse_error("kernels = [1]\n"), HasSubstr("expected a list of texts"));
    EXPECT_THAT(parse_error("kernels = \"deb:6.1\"\n"), HasSubstr("expected a list of texts"));
    EXPECT_THAT(parse_error("deadline = \"soon\"\n"), HasSubstr("expected a duration"));
    EXPECT_THAT(parse_error("calibrate = 1\n"), HasSubstr("expected true or false"));
}

TEST(MatrixRequest, DurationIsThatOfTheCommandLine) {
    const auto read = parse_request("duration = \"90s\"\nset = [\"summary=x\"]\n", "m.toml");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_THAT(changes_of(*read), ElementsAre("summary=x", "duration=90s", "patience=0s"));
}

TEST(MatrixRequest, SetsOfTheCommandLineReplaceTheDurationOnlyIfTheySpeakOfIt) {
    MatrixRequest request = small();
    request.sets = {"churn.ring=10"};
    request.duration = "30m";
    replace_sets(request, {"churn.ring=20"});
    EXPECT_THAT(changes_of(request), ElementsAre("churn.ring=20", "duration=30m", "patience=0s"));
    replace_sets(request, {"patience=5m"});
    EXPECT_THAT(changes_of(request), ElementsAre("patience=5m"));
}

// What it let through could not be read back, and the matrix not be resumed.
TEST(MatrixRequest, RefusesNumbersThatItsFileCouldNotHold) {
    auto request = small();
    request.jobs = 20'000;
    EXPECT_THAT(refusal(request), HasSubstr("jobs: expected a whole number from 1"));
    request = small();
    request.repeat = 0;
    EXPECT_THAT(refusal(request), HasSubstr("repeat: expected a whole number from 1"));
    request = small();
    request.deadline = std::chrono::seconds(0);
    EXPECT_THAT(refusal(request), HasSubstr("deadline: expected at least 1s"));
}

TEST(MatrixRequest, ChecksEverythingThatNeedsNoKernel) {
    EXPECT_TRUE(check_request(small()));
    auto request = small();
    request.kernels.clear();
    EXPECT_THAT(refusal(request), HasSubstr("no kernels"));
    request = small();
    request.profiles.clear();
    EXPECT_THAT(refusal(request), HasSubstr("no profiles"));
    request = small();
    request.kernels.push_back("deb:6.1");
    EXPECT_THAT(refusal(request), HasSubstr("'deb:6.1' is given twice"));
    request = small();
    request.kernels.push_back("dbe:6.1");
    EXPECT_THAT(refusal(request), HasSubstr("did you mean 'deb'"));
    request = small();
    request.plants = {"none", "sink-alloc"};
    EXPECT_THAT(refusal(request), HasSubstr("did you mean 'sync-alloc'"));
    request = small();
    request.kernels = {"deb:6.1,plant=nonsense"};
    EXPECT_THAT(refusal(request), HasSubstr("unknown planted bug 'nonsense'"));
    request = small();
    request.kernels.emplace_back("");
    EXPECT_THAT(refusal(request), HasSubstr("a kernel without a name"));
    request = small();
    request.before = "deb:6.1";
    EXPECT_THAT(refusal(request), HasSubstr("go together"));
    request.after = "deb:7.3";
    EXPECT_THAT(refusal(request), HasSubstr("there can be no others"));
    request.kernels.clear();
    EXPECT_TRUE(check_request(request));
    request.after = "deb:6.1";
    EXPECT_THAT(refusal(request), HasSubstr("given twice"));
}

}  // namespace
}  // namespace blkhang
