// SPDX-License-Identifier: GPL-2.0-only
#include "judge/wait_net.h"

#include <gmock/gmock.h>

#include <random>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool any(const seen::Wait& /*wait*/) { return true; }

class WaitNetTest : public testing::Test {
protected:
    /// One wait for each list of those that hold it up; its pid is its place.
    WaitNet net(const std::vector<std::vector<std::size_t>>& holders) {
        waits_.assign(holders.size(), {});
        std::vector<const seen::Wait*> waits;
        for (std::size_t i = 0; i < holders.size(); ++i) {
            waits_[i].pid = static_cast<std::int32_t>(i);
            waits.push_back(&waits_[i]);
        }
        WaitNet net(waits);
        for (std::size_t i = 0; i < holders.size(); ++i) {
            net.set_holders(i, holders[i]);
        }
        return net;
    }
    static std::vector<std::int32_t> pids(const WaitNet::Cycle& cycle) {
        std::vector<std::int32_t> result;
        for (const auto* wait : cycle) {
            result.push_back(wait->pid);
        }
        return result;
    }

private:
    std::vector<seen::Wait> waits_;
};

TEST_F(WaitNetTest, FindsTheFirstWaitThatIsInACycle) {
    EXPECT_THAT(pids(net({}).cycle(any)), IsEmpty());
    EXPECT_THAT(pids(net({{1}, {2}, {}}).cycle(any)), IsEmpty());
    EXPECT_THAT(pids(net({{0}}).cycle(any)), ElementsAre(0));
    EXPECT_THAT(pids(net({{1}, {2}, {3}, {2}}).cycle(any)), ElementsAre(2, 3));  // who only waits for it is not in it
    EXPECT_THAT(pids(net({{1}, {0}, {3}, {2}}).cycle([](const auto& wait) { return wait.pid > 0; })),
                ElementsAre(1, 0));
}

TEST_F(WaitNetTest, TheShortestOfSeveral) {
    EXPECT_THAT(pids(net({{1, 3}, {2}, {0}, {0}}).cycle(any)), ElementsAre(0, 3));
}

TEST_F(WaitNetTest, AgreesWithASearchFromEverywhere) {
    std::mt19937 random(15);
    for (int round = 0; round < 300; ++round) {
        std::vector<std::vector<std::size_t>> holders(12);
        for (int i = 0; i < 12; ++i) {
            holders[random() % 12].push_back(random() % 12);
        }
        std::size_t shortest = 0;
        int first = -1;
        for (std::size_t start = 0; start < holders.size() && first < 0; ++start) {
            std::vector<std::size_t> reached{start};
            std::vector<std::size_t> steps(holders.size(), 0);
            for (std::size_t i = 0; i < reached.size() && first < 0; ++i) {
                for (const auto holder : holders[reached[i]]) {
                    if (holder == start) {
                        first = static_cast<int>(start);
                        shortest = steps[reached[i]] + 1;
                        break;
                    }
                    if (steps[holder] == 0) {
                        steps[holder] = steps[reached[i]] + 1;
                        reached.push_back(holder);
                    }
                }
            }
        }
        const auto found = pids(net(holders).cycle(any));
        ASSERT_EQ(found.size(), shortest) << "round " << round;
        ASSERT_EQ(found.empty() ? -1 : found.front(), first) << "round " << round;
    }
}

TEST_F(WaitNetTest, ManyTasksAreNoTrouble) {
    std::vector<std::vector<std::size_t>> chain(1024);
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        chain[i].push_back(i + 1);
    }
    EXPECT_THAT(net(chain).cycle(any), IsEmpty());
    chain.back().push_back(0);
    EXPECT_EQ(net(chain).cycle(any).size(), chain.size());
}

}  // namespace
}  // namespace blkhang
