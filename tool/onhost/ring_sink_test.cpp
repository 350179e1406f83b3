// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/ring_sink.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace blkhang {
namespace {

using std::chrono::milliseconds;

/// Room for one of them.
constexpr std::size_t kRing = 4096;
const Observation large_one = seen::Failure{std::string(3000, 'x')};

std::vector<std::string> all_in(SharedRing& ring) {
    std::vector<std::string> all;
    char kind = 0;
    for (std::string line; ring.take(kind, line);) {
        all.push_back(line);
    }
    return all;
}

TEST(RingSinkTest, WhatFindsRoomAfterAWaitIsNoLoss) {
    auto ring = SharedRing::make(kRing);
    ASSERT_TRUE(ring);
    RingSink sink(*ring);
    sink.send(large_one);
    std::vector<std::string> first;
    std::jthread reader([&] {
        std::this_thread::sleep_for(milliseconds(50));
        first = all_in(*ring);
    });
    sink.send(large_one);
    reader.join();
    EXPECT_EQ(first.size(), 1U);
    EXPECT_EQ(all_in(*ring), std::vector{encode(large_one)});
    EXPECT_EQ(ring->left_out(), 0U);
}

TEST(RingSinkTest, WhatNobodyTakesIsLostAndWaitedForOnce) {
    auto ring = SharedRing::make(kRing);
    ASSERT_TRUE(ring);
    RingSink sink(*ring);
    sink.send(large_one);
    sink.send(large_one);
    EXPECT_EQ(ring->left_out(), 1U);
    const auto began = monotonic_ns();
    sink.send(large_one);
    EXPECT_LT(seconds_since(began), 0.4) << "half a second was waited before";
    EXPECT_EQ(ring->left_out(), 2U);
    EXPECT_EQ(all_in(*ring).size(), 1U);
}

}  // namespace
}  // namespace blkhang
