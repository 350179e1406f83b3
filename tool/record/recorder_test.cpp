// SPDX-License-Identifier: GPL-2.0-only
#include "record/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/stream.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

class RecorderTest : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path path() const { return home_.path() / "runs" / "one"; }
    [[nodiscard]] std::string content(const char* name) const { return read_file(path() / name).value(); }
    [[nodiscard]] Result<Recorder> open() const {
        return RecordClaim::make(path()).and_then(
            [](RecordClaim claim) { return Recorder::open(std::move(claim), replay::facts("sync-alloc"), profile()); });
    }
    static Profile profile() { return load_profile("kvm-2011").value(); }

private:
    TempDir home_ = TempDir::make("blkhang-recorder").value();
};

TEST_F(RecorderTest, EverythingIsOnDiskAsItArrives) {
    auto recorder = open().value();
    EXPECT_EQ(content("profile.toml"), to_toml(profile()));
    recorder.line(encode(seen::Tick{5}));
    EXPECT_EQ(content("events.ndjson"), "{\"t\":\"tick\",\"at_ns\":5}\n");
    recorder.console("[    0.0] Linux ver");
    recorder.console("sion 6.1\n");
    EXPECT_EQ(content("console.log"), "[    0.0] Linux version 6.1\n");
    recorder.line(encode(seen::Kmsg{12'000'345'678, 4, "swap full"}));
    EXPECT_EQ(content("kmsg.log"), "<4>[   12.000345] swap full\n");
}

TEST_F(RecorderTest, FinishWritesTheRecord) {
    auto recorder = open().value();
    recorder.line(R"({"t":"wait","at_ns":5,"pid":7,"comm":"a","kind":"mutex","what":"pcpu_alloc_mutex","holder_pid":7,)"
                  R"("owns_percpu_mutex":true,"stack":[]})");
    recorder.line(encode(seen::Tick{2'000'000}));
    EXPECT_EQ(recorder.so_far().verdict, Verdict::hang);
    const auto record = recorder.finish({Ended::lost, "gone", "tcg"});
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_EQ(record->verdict.value, Verdict::hang);
    EXPECT_EQ(record->profile.settings, settings_of(profile()));
    EXPECT_EQ(record->profile.digest, digest_of(settings_of(profile())));
    EXPECT_EQ(encode(*read_record(Directory::open(path()).value())), encode(*record));
}

TEST_F(RecorderTest, ADamagedLineIsKeptAndCounted) {
    auto recorder = open().value();
    EXPECT_FALSE(recorder.line(R"({"t":"tick","at_)"));
    EXPECT_TRUE(recorder.line(R"({"t":"end","at_ns":5,"taint":0})"));
    EXPECT_THAT(content("events.ndjson"), testing::StartsWith("{\"t\":\"tick\",\"at_\n"));
    const auto record = recorder.finish({}).value();
    EXPECT_EQ(record.run.damaged_lines, 1u);
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive);
}

TEST_F(RecorderTest, AFloodIsCutAndAProofBehindItStillCounts) {
    auto recorder = open().value();
    for (int i = 0; i < 20'000; ++i) {
        recorder.line(R"({"t":"wake","at_ns":1,"pid":1,"kind":"mutex","what":"x"})");
    }
    const seen::Wait wait{5, 7, "a", Awaited::percpu_mutex(), 7, true, {}};
    recorder.line(encode(seen::Proof{5, 2'000'000, std::vector{wait}, {}}));
    const auto record = recorder.finish({Ended::orderly, "", "tcg"}).value();
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    ASSERT_TRUE(record.truncated);
    EXPECT_EQ(record.truncated->front().what, "wake events");
    EXPECT_EQ(record.truncated->front().dropped_lines, 20'000u - 16'384u);
    EXPECT_EQ(encode(*read_record(Directory::open(path()).value())), encode(record));
    EXPECT_LT(std::filesystem::file_size(path() / "events.ndjson"), 2U << 20U);
}

TEST_F(RecorderTest, WhatWasLeftOutAfterAProofMayBeTheEndOfItsWaits) {
    auto recorder = open().value();
    const seen::Wait wait{5, 7, "a", Awaited::percpu_mutex(), 7, true, {}};
    recorder.line(encode(seen::Proof{5, 2'000'000, std::vector{wait}, {}}));
    recorder.overlong_line(1'000'000);
    recorder.line(encode(seen::End{9'000'000, 0}));
    EXPECT_EQ(recorder.finish({}).value().verdict.value, Verdict::inconclusive);
}

TEST_F(RecorderTest, ALineThatSaysItIsOfAnotherTypeThanItIsIsDamaged) {
    auto recorder = open().value();
    EXPECT_FALSE(recorder.line(R"({"t":"kmsg","at_ns":5,"taint":0,"t":"end"})"));
    EXPECT_EQ(recorder.finish({}).value().run.damaged_lines, 1u);
}

TEST_F(RecorderTest, OneThatWasGivenNothingLeavesNothing) {
    ASSERT_TRUE(open());
    EXPECT_FALSE(std::filesystem::exists(path()));
    std::filesystem::create_directories(path());
    ASSERT_TRUE(open());
    EXPECT_TRUE(std::filesystem::is_empty(path())) << "what was there before stays";
}

TEST_F(RecorderTest, TheKernelsConfigurationIsAFileOfItsOwn) {
    {
        auto recorder = open().value();
        recorder.kernel_config("");
        recorder.kernel_config(std::string(files::kLargestKernelConfig + 1, '#'));
        EXPECT_FALSE(std::filesystem::exists(path() / files::kKernelConfig)) << "what no kernel has";
        recorder.kernel_config("CONFIG_SWAP=y\n");
        EXPECT_EQ(content(files::kKernelConfig), "CONFIG_SWAP=y\n");
    }
    EXPECT_FALSE(std::filesystem::exists(path())) << "nothing was seen: it goes with the rest";
    const auto target = path().parent_path() / "target";
    auto recorder = open().value();
    std::filesystem::create_symlink(target, path() / files::kKernelConfig);
    recorder.kernel_config("CONFIG_SWAP=y\n");
    EXPECT_FALSE(recorder.finish({})) << "a file that could not be made is told";
    EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(RecorderTest, NothingIsWrittenThroughALink) {
    std::filesystem::create_directories(path());
    const auto target = path().parent_path() / "target";
    for (const char* name : {"events.ndjson", "console.log", "kmsg.log", "profile.toml"}) {
        std::filesystem::create_symlink(target, path() / name);
        EXPECT_FALSE(open()) << name;
        EXPECT_TRUE(std::filesystem::is_symlink(path() / name)) << name;
        std::filesystem::remove(path() / name);
    }
    EXPECT_FALSE(std::filesystem::exists(target));
    auto recorder = open().value();
    std::filesystem::create_symlink(target, path() / "record.json");
    ASSERT_TRUE(recorder.finish({}));
    EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(path() / "record.json")));
    EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(RecorderTest, ItsFilesHaveOneModeThatOthersCannotWrite) {
    for (const auto& [umask, expected] : {std::pair{0U, 0644U}, {027U, 0640U}, {077U, 0600U}}) {
        std::filesystem::remove_all(path());
        const mode_t before = ::umask(umask);
        {
            auto recorder = open().value();
            EXPECT_TRUE(recorder.finish({}));
        }
        ::umask(before);
        for (const char* name : {"events.ndjson", "console.log", "kmsg.log", "profile.toml", "record.json"}) {
            struct stat found {};
            ASSERT_EQ(::stat((path() / name).c_str(), &found), 0) << name;
            EXPECT_EQ(found.st_mode & 07777U, expected) << name;
        }
    }
}

TEST_F(RecorderTest, ADirectoryThatVanishesFailsTheFinish) {
    auto recorder = open().value();
    std::filesystem::remove_all(path());
    const auto record = recorder.finish({});
    ASSERT_FALSE(record);
    EXPECT_THAT(record.error().message(), HasSubstr("writing the record in"));
}

}  // namespace
}  // namespace blkhang
