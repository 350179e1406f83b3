// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/line_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"

namespace blkhang {
namespace {

TEST(LineQueue, GivesBackInOrderAndCountsWhatFoundNoRoom) {
    std::vector<char> room(64);
    std::vector<char> to(limits::kLine);
    LineQueue queue(room);
    for (int round = 0; round < 50; ++round) {  // around its end, at every offset
        const std::string line(static_cast<std::size_t>(round) % 30, 'x');
        ASSERT_TRUE(queue.put(line, 2));
        const auto taken = queue.take(to);
        ASSERT_TRUE(taken);
        EXPECT_EQ(std::string(to.data(), taken->size), line);
        EXPECT_EQ(taken->tag, 2);
    }
    EXPECT_TRUE(queue.put(std::string(40, 'a'), 0));
    EXPECT_FALSE(queue.put(std::string(40, 'b'), 0));
    EXPECT_FALSE(queue.put(std::string(limits::kLine + 1, 'c'), 0));
    EXPECT_EQ(queue.lost(), 2U);
    EXPECT_EQ(queue.take(to)->size, 40U);
    EXPECT_FALSE(queue.take(to));
    EXPECT_TRUE(queue.empty());
}

TEST(LineQueue, SeveralPutWhileOneTakes) {
    constexpr int kThreads = 3;
    constexpr int kLines = 2000;
    std::vector<char> room(1000);
    std::vector<char> to(limits::kLine);
    LineQueue queue(room);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&queue, thread] {
            for (int i = 0; i < kLines; ++i) {
                while (!queue.put(std::to_string(i), static_cast<LineQueue::Tag>(thread))) {
                    std::this_thread::yield();
                }
            }
        });
    }
    std::vector<int> next(kThreads, 0);
    for (int i = 0; i < kThreads * kLines;) {
        if (const auto taken = queue.take(to)) {
            EXPECT_EQ(std::string(to.data(), taken->size), std::to_string(next.at(taken->tag)++));
            ++i;
        } else {
            std::this_thread::yield();
        }
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace blkhang
