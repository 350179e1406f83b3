// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/repeated_looks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;

/// Until it is so; false if that does not come.
bool comes_true(const std::function<bool()>& is_so) {
    const auto patience = Deadline::after(std::chrono::seconds(20));
    while (!is_so()) {
        if (patience.passed()) {
            return false;
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
}

TEST(RepeatedLooks, ALookIsHandedOnWhenItHasEnded) {
    StackSample sample;
    sample.task.pid = 7;
    std::atomic<std::uint64_t> found_ns = 0;
    RepeatedLooks looks(
        [&] {
            std::uint64_t never = 0;
            found_ns.compare_exchange_strong(never, monotonic_ns());
            return BlockedLook{.tasks = {sample}};
        },
        milliseconds(1));
    EXPECT_TRUE(looks.take().empty()) << "before it was begun";
    looks.begin();
    std::deque<BlockedLook> seen;
    ASSERT_TRUE(comes_true([&] { return !(seen = looks.take()).empty(); }));
    EXPECT_GE(seen.front().ended_ns, found_ns) << "who was not found may have been blocked until then";
    ASSERT_EQ(seen.front().tasks.size(), 1U);
    EXPECT_EQ(seen.front().tasks.front().task.pid, 7);
}

/// As when there is no memory to open a file with.
TEST(RepeatedLooks, ALookThatIsStuckTellsForHowLong) {
    const auto stuck = std::make_shared<std::atomic<bool>>(true);
    RepeatedLooks looks(
        [stuck] {
            while (*stuck) {
                std::this_thread::sleep_for(milliseconds(1));
            }
            return BlockedLook{};
        },
        milliseconds(1));
    EXPECT_EQ(looks.lasts_ns(), 0U);
    looks.begin();
    EXPECT_TRUE(comes_true([&] { return looks.lasts_ns() > 1'000'000; }));
    EXPECT_TRUE(looks.take().empty());
    *stuck = false;
    EXPECT_TRUE(comes_true([&] { return !looks.take().empty(); }));
}

}  // namespace
}  // namespace blkhang
