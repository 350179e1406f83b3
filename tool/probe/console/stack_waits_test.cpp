// SPDX-License-Identifier: GPL-2.0-only
#include "probe/console/stack_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "judge/judge.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kLook = 200'000'000;

/// As on 6.1.192: the owner of the mutex swaps out to a disk whose queue is frozen.
StackSample owner() {
    return {{8,
             "owner",
             'D',
             {"__bio_queue_enter+0x1/0x2", "blk_mq_submit_bio+0x1/0x2", "submit_bio_noacct+0x1/0x2",
              "__swap_writepage+0x1/0x2", "pageout+0x1/0x2", "try_to_free_pages+0x1/0x2", "pcpu_populate_chunk+0x1/0x2",
              "pcpu_alloc+0x1/0x2", "array_map_alloc+0x1/0x2"}}};
}

/// Who froze that wants the mutex.
StackSample switcher(std::string disk) {
    return {{7,
             "switcher",
             'D',
             {"pcpu_alloc+0x1/0x2", "sbitmap_init_node+0x1/0x2", "blk_mq_init_tags+0x1/0x2", "elevator_switch+0x1/0x2",
              "elv_iosched_store+0x1/0x2", "ksys_write+0x1/0x2"}},
            std::move(disk)};
}

/// Who froze and waits until nobody uses the queue.
StackSample drainer(std::string disk) {
    return {{7,
             "switcher",
             'D',
             {"blk_mq_freeze_queue_wait+0x1/0x2", "elevator_switch+0x1/0x2", "elv_iosched_store+0x1/0x2",
              "queue_attr_store+0x1/0x2"}},
            std::move(disk)};
}

/// Who writes a limit, for that disk if the load says so, and wants the mutex.
StackSample writer_of_limit(std::optional<LimitWrite> limit) {
    StackSample sample{{9,
                        "churn",
                        'D',
                        {"pcpu_alloc+0x1/0x2", "blkg_alloc+0x1/0x2", "blkg_conf_prep+0x1/0x2", "tg_set_limit+0x1/0x2",
                         "kernfs_fop_write_iter+0x1/0x2"}}};
    sample.limit = std::move(limit);
    return sample;
}

/// sync-alloc: the owner wants the mutex once more.
StackSample itself() {
    return {{8,
             "owner",
             'D',
             {"pcpu_alloc+0x1/0x2", "blkhang_throtl+0x1/0x2 [sync_alloc]", "submit_bio_noacct+0x1/0x2",
              "__swap_writepage+0x1/0x2", "try_to_free_pages+0x1/0x2", "pcpu_populate_chunk+0x1/0x2",
              "pcpu_alloc+0x1/0x2", "array_map_alloc+0x1/0x2"}}};
}

class StackWaitsTest : public testing::Test {
protected:
    /// At all tasks. Who does not say how often it has run has not run.
    std::vector<std::string> look(const std::vector<StackSample>& samples, int times = 1) {
        std::vector<std::string> told;
        for (int i = 0; i < times; ++i) {
            const auto before = std::exchange(now_, now_ + kLook);
            std::ranges::move(observe({before, now_, {}, asleep(samples)}), std::back_inserter(told));
        }
        return told;
    }

    std::vector<std::string> observe(const BlockedLook& look) {
        std::vector<std::string> told;
        waits_.observe(look, [&](const Observation& one) { told.push_back(words(one)); });
        return told;
    }

    static std::vector<StackSample> asleep(std::vector<StackSample> samples) {
        for (auto& sample : samples) {
            sample.switches = sample.switches.value_or(1);
        }
        return samples;
    }

    static std::string words(const Observation& one) {
        if (const auto* wait = std::get_if<seen::Wait>(&one)) {
            return std::to_string(wait->pid) + " waits for " + to_string(wait->what) +
                   (wait->owns_percpu_mutex ? ", owns" : "") +
                   (wait->owns ? ", has " + to_string(wait->owns->front()) : "");
        }
        if (const auto* wake = std::get_if<seen::Wake>(&one)) {
            return std::to_string(wake->pid) + " has " + to_string(wake->what);
        }
        const auto& freeze = std::get<seen::Freeze>(one);
        return std::to_string(freeze.pid) + (freeze.frozen ? " froze " : " released ") + freeze.disk;
    }

    StackWaits waits_{KernelVersion{6, 1}, true, "vdb"};
    std::uint64_t now_ = 1;
};

TEST_F(StackWaitsTest, ATaskThatWaitsForItselfIsToldOnceItStands) {
    EXPECT_THAT(look({itself()}, 3), IsEmpty());
    EXPECT_THAT(look({itself()}), ElementsAre("8 waits for pcpu_alloc_mutex, owns"));
    EXPECT_THAT(look({itself()}, 5), IsEmpty());
}

/// A look that found no memory for seconds says nothing of how long the task stood that it came to afterwards.
TEST_F(StackWaitsTest, WhatCountsIsWhenTheTaskWasLookedAt) {
    std::vector<std::string> told;
    const auto look_at = [&](std::uint64_t ended_ns, std::uint64_t looked_at_ns) {
        auto sample = itself();
        sample.task.at_ns = looked_at_ns;
        waits_.observe({looked_at_ns, ended_ns, {}, asleep({sample})}, [&](const Observation& one) {
            told.push_back(words(one) + " since " + std::to_string(std::get<seen::Wait>(one).at_ns));
        });
    };
    constexpr std::uint64_t kStuck = 5'000'000'000;
    look_at(kStuck + 1, kStuck);
    look_at(kStuck + kLook, kStuck + kLook);
    look_at(kStuck + 2 * kLook, kStuck + 2 * kLook);
    EXPECT_THAT(told, IsEmpty());
    look_at(kStuck + 3 * kLook, kStuck + 3 * kLook);
    EXPECT_THAT(told, ElementsAre("8 waits for pcpu_alloc_mutex, owns since 5000000000"));
}

TEST_F(StackWaitsTest, ACircleOverAFrozenQueueIsTold) {
    EXPECT_THAT(look({owner(), switcher("vdb")}, 4),
                ElementsAre("7 froze vdb", "7 waits for pcpu_alloc_mutex", "8 waits for frozen queue vdb, owns"));
}

/// Whoever enters a queue also waits for one that is asleep to save power, and its stack names no disk.
TEST_F(StackWaitsTest, WhoEntersAQueueThatNobodyIsKnownToHaveFrozenTellsNothing) {
    EXPECT_THAT(look({owner()}, 10), IsEmpty());
    EXPECT_THAT(look({owner(), switcher("")}, 10), ElementsAre("7 waits for pcpu_alloc_mutex"));
    EXPECT_THAT(look({owner(), switcher("vda")}, 10),
                ElementsAre("7 has pcpu_alloc_mutex", "7 froze vda", "7 waits for pcpu_alloc_mutex"));
}

/// 6.1.192: three tasks, of which only the load knows whose queue one of them uses.
TEST_F(StackWaitsTest, ACircleOverALimitOfTheLoadIsTold) {
    const std::vector circle{owner(), drainer("vdb"), writer_of_limit(LimitWrite{"vdb", 5})};
    EXPECT_THAT(look(circle, 4), ElementsAre("7 froze vdb", "8 waits for frozen queue vdb, owns",
                                             "9 waits for pcpu_alloc_mutex, has users of queue vdb"));
    EXPECT_THAT(look(circle, 6), IsEmpty()) << "a slow disk may still work on requests";
    EXPECT_THAT(look(circle), ElementsAre("7 waits for users of queue vdb"));
}

TEST_F(StackWaitsTest, TheJudgeFindsItToBeADeadlockOfThree) {
    Judge judge{Demands{}};
    seen::Hello hello{};
    hello.release = "6.1.0-57-cloud-amd64";
    judge.observe(hello);
    judge.observe(seen::Tier{.used = "console", .attached = {"proc:stack"}, .missing = {}});
    judge.observe(seen::Phase{0, std::string(seen::kLoadPhase)});
    const std::vector circle{owner(), drainer("vdb"), writer_of_limit(LimitWrite{"vdb", 5})};
    const auto look_for = [&](std::uint64_t ns) {
        for (const auto end = now_ + ns; now_ < end;) {
            const auto before = std::exchange(now_, now_ + kLook);
            waits_.observe({before, now_, {}, asleep(circle)}, [&](const Observation& one) { judge.observe(one); });
            judge.observe(seen::Tick{now_});
        }
    };
    look_for(StackWaits::kDrainsNs - kLook);
    EXPECT_FALSE(judge.deadlock());
    look_for(5 * kLook);
    ASSERT_TRUE(judge.deadlock());
    EXPECT_EQ(judge.deadlock()->tasks.size(), 3U);
    EXPECT_EQ(judge.judgement().verdict, Verdict::hang);
}

TEST_F(StackWaitsTest, WhoseLimitIsWrittenIsCertainOnlyWhereTheLoadSaysSo) {
    look({drainer("vdb"), writer_of_limit({})}, 11);
    std::vector<std::string> told;
    waits_.retell([&](const Observation& one) { told.push_back(words(one)); });
    EXPECT_THAT(told, ElementsAre("7 froze vdb", "7 waits for users of queue vdb", "9 waits for pcpu_alloc_mutex"));
}

TEST_F(StackWaitsTest, LimitsThatAreWrittenOneAfterTheOtherAreNotOneThatStands) {
    for (std::uint64_t number = 1; number < 20; number += 2) {
        EXPECT_THAT(look({writer_of_limit(LimitWrite{"vdb", number})}), IsEmpty());
    }
}

/// Nor is what is certain of 6.1.192 certain of a later release, which may have the fix (kernels/queue_use.h).
TEST_F(StackWaitsTest, OtherKernelsMayNotEnterTheQueueForALimit) {
    for (const auto& version : {std::optional<KernelVersion>{}, {KernelVersion{6, 1}}, {KernelVersion{6, 18}}}) {
        waits_ = StackWaits{version, false, "vdb"};
        EXPECT_THAT(look({writer_of_limit(LimitWrite{"vdb", 5})}, 4), ElementsAre("9 waits for pcpu_alloc_mutex"));
    }
}

TEST_F(StackWaitsTest, WhoMovesHasNotWaited) {
    auto moved = itself();
    moved.task.stack.back() = "array_map_alloc+0x2/0x2";
    for (int i = 0; i < 10; ++i) {
        EXPECT_THAT(look({i % 2 == 0 ? itself() : moved}), IsEmpty());
    }
}

/// A trigger writes as often as looks are taken, and each time waits for another owner of the mutex.
TEST_F(StackWaitsTest, WhoHasRunMeanwhileHasNotStoodInTheSamePlace) {
    auto owner_again = owner();
    auto switcher_again = switcher("vdb");
    for (std::uint64_t times = 1; times < 10; ++times) {
        owner_again.switches = switcher_again.switches = times;
        EXPECT_THAT(look({owner_again, switcher_again}), IsEmpty());
    }
    EXPECT_THAT(look({owner_again, switcher_again}, 3),
                ElementsAre("7 froze vdb", "7 waits for pcpu_alloc_mutex", "8 waits for frozen queue vdb, owns"))
        << "and now they do not run any more";
    owner_again.switches = 100;
    EXPECT_THAT(look({owner_again, switcher_again}), ElementsAre("8 has frozen queue vdb"));
}

/// As where there was no memory to read it with.
TEST_F(StackWaitsTest, WhoMayHaveRunMeanwhileHasNotStood) {
    for (int i = 0; i < 10; ++i) {
        now_ += kLook;
        EXPECT_THAT(observe({now_, now_, {}, {itself()}}), IsEmpty());
    }
}

/// A look at all tasks that found no memory for ten seconds, after it had come to the owner.
TEST_F(StackWaitsTest, LooksAtAFewProveWhatALookAtAllThatIsStuckHasComeTo) {
    auto first = asleep({itself()});
    first.front().task.at_ns = now_;
    const auto began = now_;
    const auto closer = [&](const std::vector<StackSample>& samples) {
        const auto before = std::exchange(now_, now_ + kLook);
        return observe({before, now_, std::vector{8}, asleep(samples)});
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_THAT(closer({itself()}), IsEmpty());
    }
    EXPECT_THAT(closer({itself()}), ElementsAre("8 waits for pcpu_alloc_mutex, owns"));
    EXPECT_THAT(observe({began, now_ + 1, {}, first}), IsEmpty()) << "what it saw is older";
    EXPECT_THAT(observe({began, now_ + 1, {}, {}}), IsEmpty()) << "it may have passed the task before it was blocked";
    EXPECT_THAT(closer({}), ElementsAre("8 has pcpu_alloc_mutex"));
}

TEST_F(StackWaitsTest, ALookAtAFewTellsNothingOfOthers) {
    look({itself()}, 4);
    now_ += kLook;
    EXPECT_THAT(observe({now_, now_ + 1, std::vector{7}, {}}), IsEmpty());
    EXPECT_THAT(look({}), ElementsAre("8 has pcpu_alloc_mutex"));
}

TEST_F(StackWaitsTest, WhatWasToldEndsWhenTheTaskIsElsewhere) {
    look({owner(), switcher("vdb")}, 4);
    auto moved = switcher("vdb");
    moved.task.stack.front() = "pcpu_alloc+0x2/0x2";
    EXPECT_THAT(look({owner(), moved}), ElementsAre("7 has pcpu_alloc_mutex", "7 released vdb"));
    EXPECT_THAT(look({}), ElementsAre("8 has frozen queue vdb"));
}

/// A name is given out again.
TEST_F(StackWaitsTest, AnotherTaskOfTheSameNumberHasNotStoodSince) {
    look({itself()}, 3);
    auto another = itself();
    another.task.comm = "another";
    EXPECT_THAT(look({another}, 3), IsEmpty());
}

TEST_F(StackWaitsTest, TellsAgainWhatStands) {
    look({owner(), switcher("vdb")}, 4);
    std::vector<std::string> told;
    waits_.retell([&](const Observation& one) { told.push_back(words(one)); });
    EXPECT_THAT(told, ElementsAre("7 froze vdb", "7 waits for pcpu_alloc_mutex", "8 waits for frozen queue vdb, owns"));
}

TEST_F(StackWaitsTest, WithSeveralSwapDisksNoStackTellsWhichOneIsWaitedFor) {
    waits_ = StackWaits{KernelVersion{6, 1}, true, ""};
    EXPECT_THAT(look({owner(), switcher("vdb")}, 4), ElementsAre("7 froze vdb", "7 waits for pcpu_alloc_mutex"));
}

}  // namespace
}  // namespace blkhang
