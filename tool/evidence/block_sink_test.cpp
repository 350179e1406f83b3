// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/block_sink.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/file.h"
#include "evidence/journal_reader.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(BlockSink, WhatItIsAboutDecidesWhereALineIsKept) {
    EXPECT_EQ(weight_of(seen::Proof{1, 2}), Weight::proof);
    EXPECT_EQ(weight_of(seen::Hello{}), Weight::opening);
    EXPECT_EQ(weight_of(seen::Tier{}), Weight::opening);
    EXPECT_EQ(weight_of(seen::Tick{1}), Weight::passing);
    EXPECT_EQ(weight_of(seen::Wait{}), Weight::passing);
}

TEST(OpenEvidence, NothingNamedIsNothingOpened) { EXPECT_THAT(*open_evidence({}), IsEmpty()); }

TEST(OpenEvidence, ACollectorNeedsItsKey) {
    EXPECT_THAT(open_evidence({{}, "127.0.0.1", {}}).error().message(), HasSubstr("go together"));
    EXPECT_THAT(open_evidence({{}, "", "key"}).error().message(), HasSubstr("go together"));
    EXPECT_EQ(open_evidence({{}, "127.0.0.1", "/nowhere"}).error().fault(), Fault::usage);
}

TEST(OpenEvidence, BothWaysTellThatTheyAreOfOneRun) {
    const auto directory = *TempDir::make("evidence");
    const auto key = directory.path() / "key";
    ASSERT_TRUE(write_file(key, "0123456789abcdef\n"));
    ::chmod(key.c_str(), 0600);
    const auto journal = directory.path() / "journal";
    const auto sinks = open_evidence({journal, "127.0.0.1:9", key});
    if (!sinks && sinks.error().message().find("no direct IO") != std::string::npos) {
        GTEST_SKIP() << sinks.error().message();
    }
    ASSERT_TRUE(sinks) << sinks.error().message();
    EXPECT_THAT(*sinks, SizeIs(2));
    EXPECT_THAT(*read_journal(journal), SizeIs(1));
}

}  // namespace
}  // namespace blkhang
