// SPDX-License-Identifier: GPL-2.0-only
#include "watch/shared_ring.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace blkhang {
namespace {

TEST(SharedRing, HandsOnWhatWasPutInOrder) {
    auto ring = SharedRing::make(4096);
    ASSERT_TRUE(ring);
    EXPECT_TRUE(ring->put('a', "one"));
    EXPECT_TRUE(ring->put('b', ""));
    char kind = 0;
    std::string text;
    ASSERT_TRUE(ring->take(kind, text));
    EXPECT_EQ(kind, 'a');
    EXPECT_EQ(text, "one");
    ASSERT_TRUE(ring->take(kind, text));
    EXPECT_EQ(kind, 'b');
    EXPECT_EQ(text, "");
    EXPECT_FALSE(ring->take(kind, text));
}

TEST(SharedRing, CountsWhatFindsNoRoomAndGoesOn) {
    auto ring = SharedRing::make(4096);
    ASSERT_TRUE(ring);
    const std::string large(3000, 'x');
    EXPECT_TRUE(ring->put('a', large));
    EXPECT_FALSE(ring->fits(large));
    EXPECT_EQ(ring->left_out(), 0U) << "to ask loses nothing";
    EXPECT_FALSE(ring->put('b', large));
    EXPECT_EQ(ring->left_out(), 1U);
    char kind = 0;
    std::string text;
    ASSERT_TRUE(ring->take(kind, text));
    EXPECT_EQ(text, large);
    // Behind the end and around it.
    for (int i = 0; i < 20; ++i) {
        const std::string mine(2900, static_cast<char>('a' + i));
        ASSERT_TRUE(ring->put('c', mine));
        ASSERT_TRUE(ring->take(kind, text));
        EXPECT_EQ(text, mine);
    }
}

TEST(SharedRing, CrossesAFork) {
    auto ring = SharedRing::make(1 << 16);
    ASSERT_TRUE(ring);
    const pid_t child = ::fork();
    if (child == 0) {
        ring->beat(7);
        for (int i = 0; i < 100; ++i) {
            ring->put('n', std::to_string(i));
        }
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(ring->beat_ns(), 7U);
    char kind = 0;
    std::string text;
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(ring->take(kind, text));
        EXPECT_EQ(text, std::to_string(i));
    }
}

}  // namespace
}  // namespace blkhang
