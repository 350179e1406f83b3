// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tracefs/ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/testing/file_tree.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::uint64_t kLostSome = 1ULL << 31;
constexpr std::uint64_t kSaysHowMany = 1ULL << 30;
constexpr std::uint32_t kTimeExtend = 30;

template <typename Number>
std::string bytes_of(Number number) {
    return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

/// kernel/trace/ring_buffer.c: five bits of type or length in words, 27 of time since the record before.
std::string record(std::uint32_t since, const std::string& data) {
    return bytes_of(static_cast<std::uint32_t>(data.size() / 4) | since << 5U) + data;
}

class TraceRingTest : public testing::Test {
protected:
    /// A page as the kernel hands it out, whose header has this size of what it holds.
    void page(std::uint64_t commit, const std::string& records) {
        auto page = bytes_of(std::uint64_t{1000}) + bytes_of(commit) + records;
        page.resize(4096);
        tree_.put("per_cpu/cpu0/trace_pipe_raw", page);
        read_.clear();
        auto ring = TraceRing::open(tree_.at(""));
        ASSERT_TRUE(ring);
        ring->read([&](const TraceRing::Record& one) { read_.emplace_back(one.at, std::string{one.bytes}); });
        lost_ = ring->lost();
    }

    FileTree tree_{"ring"};
    std::vector<std::pair<std::uint64_t, std::string>> read_;
    std::uint64_t lost_ = 0;
};

TEST_F(TraceRingTest, TimeIsAddedUpOverRecordsThatExtendIt) {
    const auto extend = bytes_of(kTimeExtend | 5U << 5U) + bytes_of(std::uint32_t{1});
    const auto records = record(2, "abcd") + extend + record(3, "efghijkl");
    page(records.size(), records);
    EXPECT_THAT(read_, ElementsAre(Pair(1002, "abcd"), Pair(1002 + (1U << 27U) + 5 + 3, "efghijkl")));
    EXPECT_EQ(lost_, 0U);
}

TEST_F(TraceRingTest, WhatFoundNoRoomIsCountedAsThePageSays) {
    const auto records = record(2, "abcd");
    page(records.size() | kLostSome, records);
    EXPECT_EQ(lost_, 1U) << "it does not say how many";
    page(records.size() | kLostSome | kSaysHowMany, records + bytes_of(std::uint64_t{7}));
    EXPECT_EQ(lost_, 7U);
}

TEST_F(TraceRingTest, APageThatSaysItHoldsMoreThanWasReadIsLost) {
    page((1U << 27U) - 1, record(2, "abcd"));
    EXPECT_THAT(read_, IsEmpty());
    EXPECT_EQ(lost_, 1U);
    page(((1U << 27U) - 1) | kLostSome | kSaysHowMany, record(2, "abcd"));
    EXPECT_EQ(lost_, 1U);
}

TEST_F(TraceRingTest, OfAPageWhoseRecordReachesBeyondItTheRestIsLost) {
    const auto records = record(2, "abcd") + bytes_of(std::uint32_t{28});
    page(records.size(), records);
    EXPECT_THAT(read_, ElementsAre(Pair(1002, "abcd")));
    EXPECT_EQ(lost_, 1U);
}

}  // namespace
}  // namespace blkhang
