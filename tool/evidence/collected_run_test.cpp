// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/collected_run.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "evidence/testing/blocks.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::SizeIs;

CollectedRun sample_run() {
    CollectedRun run;
    run.host = "kvm7";
    run.boot = in_digits(sample::id(1));
    run.run = in_digits(sample::id(2));
    run.last = SeenAt{5, 1'764'400'000'000'000'000};
    run.gaps = {{2, 4}};
    run.missing = 3;
    run.files = 1;
    return run;
}

TEST(CollectedRun, ReadsWhatWasWritten) {
    const auto read = decode_collected_run(encode(sample_run()));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->boot, in_digits(sample::id(1)));
    EXPECT_EQ(read->last->time_ns, 1'764'400'000'000'000'000U);
    EXPECT_THAT(read->gaps, SizeIs(1));
    EXPECT_FALSE(read->first);
    EXPECT_FALSE(decode_collected_run("{}"));
    EXPECT_FALSE(decode_collected_run("["));
}

TEST(CollectedRun, WhatIsDamagedIsSkippedAndTold) {
    const auto directory = *TempDir::make("collected");
    const fs::path host = directory.path() / "hosts/kvm7";
    fs::create_directories(host / "good");
    ASSERT_TRUE(write_file(host / "good/run.json", encode(sample_run())));
    ASSERT_TRUE(write_file(host / "good/events.ndjson", "one\n{\"t\":\"gap\"}\ntwo\n"));
    fs::create_directories(host / "no-description");
    fs::create_directories(host / "no-json");
    ASSERT_TRUE(write_file(host / "no-json/run.json", "{"));
    fs::create_directory_symlink("/etc", host / "link");
    ASSERT_TRUE(write_file(directory.path() / "hosts/file", "x"));
    std::vector<std::string> problems;
    const auto runs = read_collected(*Directory::open(directory.path()), "", problems);
    ASSERT_THAT(*runs, SizeIs(1));
    EXPECT_THAT((*runs)[0].lines, ElementsAre("one", "two"));
    EXPECT_THAT((*runs)[0].gaps, ElementsAre(1));
    EXPECT_THAT(problems, SizeIs(4));
    EXPECT_FALSE(read_collected(*Directory::open(directory.path()), "../..", problems));
    EXPECT_FALSE(read_collected(*Directory::open(host), "", problems)) << "no directory of a collector";
}

}  // namespace
}  // namespace blkhang
