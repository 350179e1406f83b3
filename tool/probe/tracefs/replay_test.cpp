// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flags.h"
#include "probe/bpf/convert.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::ElementsAre;

constexpr std::uint64_t kMutex = 0xffffffff82000000;
constexpr std::uint64_t kTrampoline = 0xffffffff81001000;
constexpr std::uint64_t kQueue = 0xffff888000123000;
constexpr std::uint32_t kDisk = 254U << 20U | 16U;
constexpr std::uint32_t kTasks = 64;
constexpr std::uint64_t kSleeps = GFP_DIRECT_RECLAIM | GFP_IO | GFP_FS;

class Replay : public testing::Test {
protected:
    explicit Replay(bool spares_lone_allocs = false) {
        replay_given given{};
        given.spares_lone_allocs = spares_lone_allocs;
        given.percpu_mutex = kMutex;
        given.return_trampoline = kTrampoline;
        given.tasks = kTasks;
        given.pairs = 64;
        EXPECT_TRUE(replay_begin(&given, &Replay::take, this));
        EXPECT_TRUE(replay_learn_disk(kQueue, kDisk));
        disks_.learn(kDisk, "vdb");
    }
    ~Replay() override { replay_end(); }

    /// The next event of this task, `depth` calls deep.
    replay_event event(std::uint32_t pid, unsigned depth) {
        replay_event made{};
        made.at_ns = ++now_;
        made.pid = pid;
        made.frame = 0xffffc90000010000 - depth * std::uint64_t{0x100};
        made.return_address = kTrampoline;
        made.percpu_owner = owner_;
        return made;
    }
    void run(replay_place place, const replay_event& event) { replay_run(place, &event); }
    void enter(replay_place place, std::uint32_t pid, unsigned depth, unsigned argument = 0, std::uint64_t value = 0) {
        auto made = event(pid, depth);
        if (argument != 0) {
            made.arguments[argument - 1] = value;
        }
        made.queue = value == kQueue ? value : 0;
        run(place, made);
    }
    void leave(replay_place place, std::uint32_t pid, unsigned depth) { run(place, event(pid, depth)); }

    /// "edge reclaim>submit_bio", "wait pcpu_alloc_mutex of 7".
    std::vector<std::string> told() {
        std::vector<std::string> texts;
        for (const auto& observation : std::exchange(seen_, {})) {
            if (const auto* edge = std::get_if<seen::Edge>(&observation)) {
                texts.push_back("edge " + std::string(to_string(edge->outer)) + ">" +
                                std::string(to_string(edge->inner)) + (edge->disk ? " " + *edge->disk : ""));
            } else if (const auto* wait = std::get_if<seen::Wait>(&observation)) {
                texts.push_back(std::to_string(wait->pid) + " waits for " + to_string(wait->what) + " of " +
                                std::to_string(wait->holder_pid) + (wait->owns_percpu_mutex ? ", owns" : ""));
            } else if (const auto* wake = std::get_if<seen::Wake>(&observation)) {
                texts.push_back(std::to_string(wake->pid) + " has " + to_string(wake->what));
            } else if (const auto* freeze = std::get_if<seen::Freeze>(&observation)) {
                texts.push_back(std::to_string(freeze->pid) + (freeze->frozen ? " froze " : " released ") +
                                freeze->disk);
            }
        }
        return texts;
    }

    std::uint32_t owner_ = 0;
    std::uint64_t now_ = 0;

private:
    static void take(void* context, const void* data, std::size_t size) {
        auto& self = *static_cast<Replay*>(context);
        if (const auto observation = convert_event(data, size, self.symbols_, self.disks_)) {
            self.seen_.push_back(*observation);
        }
    }

    Symbols symbols_;
    DiskNames disks_;
    std::vector<Observation> seen_;
};

/// elv-switch: the owner of the mutex waits for a frozen queue, who froze it for the mutex.
TEST_F(Replay, TellsBothHalvesOfACycle) {
    enter(REPLAY_ENTRY_freeze, 7, 1, 1, kQueue);
    EXPECT_THAT(told(), ElementsAre("7 froze vdb", "7 waits for users of queue vdb of 0"));
    leave(REPLAY_EXIT_freeze, 7, 1);
    EXPECT_THAT(told(), ElementsAre("7 has users of queue vdb"));

    enter(REPLAY_ENTRY_percpu_alloc, 8, 1, 4, kSleeps);
    owner_ = 8;
    enter(REPLAY_ENTRY_direct_reclaim, 8, 2, 3, kSleeps);
    EXPECT_THAT(told(), ElementsAre("edge percpu_alloc>reclaim", "edge percpu_mutex>reclaim"));
    enter(REPLAY_ENTRY_queue_wait, 8, 5, 1, kQueue);
    EXPECT_THAT(told(), Contains("8 waits for frozen queue vdb of 0, owns"));

    enter(REPLAY_ENTRY_percpu_alloc, 7, 2, 4, kSleeps);
    EXPECT_THAT(told(), Contains("edge queue_frozen>percpu_alloc vdb"));
    enter(REPLAY_ENTRY_mutex_wait_killable, 7, 3, 1, kMutex);
    EXPECT_THAT(told(), ElementsAre("7 waits for pcpu_alloc_mutex of 8"));
    EXPECT_EQ(replay_counters()->lost, 0U);
    EXPECT_EQ(replay_counters()->queue_freezes, 1U);
    EXPECT_EQ(replay_counters()->waiting_freezes, 1U);
}

/// sync-alloc: the owner wants the mutex once more.
TEST_F(Replay, TellsATaskThatWaitsForItself) {
    enter(REPLAY_ENTRY_percpu_alloc, 8, 1, 4, kSleeps);
    owner_ = 8;
    enter(REPLAY_ENTRY_direct_reclaim, 8, 2, 3, kSleeps);
    enter(REPLAY_ENTRY_submit_bio, 8, 3);
    enter(REPLAY_ENTRY_percpu_alloc, 8, 4, 4, kSleeps);
    told();
    enter(REPLAY_ENTRY_mutex_wait, 8, 5, 1, kMutex);
    EXPECT_THAT(told(), ElementsAre("8 waits for pcpu_alloc_mutex of 8, owns"));
}

TEST_F(Replay, AWaitEndsWhenItsCallReturns) {
    owner_ = 8;
    enter(REPLAY_ENTRY_mutex_wait, 7, 1, 1, kMutex);
    leave(REPLAY_EXIT_mutex_wait, 7, 1);
    EXPECT_THAT(told(), ElementsAre("7 waits for pcpu_alloc_mutex of 8", "7 has pcpu_alloc_mutex"));
}

TEST_F(Replay, AQueueThatIsReleasedHoldsUpNobody) {
    enter(REPLAY_ENTRY_freeze, 7, 1, 1, kQueue);
    leave(REPLAY_EXIT_freeze, 7, 1);
    enter(REPLAY_ENTRY_unfreeze, 7, 1, 1, kQueue);
    told();
    enter(REPLAY_ENTRY_queue_wait, 8, 1, 1, kQueue);
    EXPECT_TRUE(told().empty());
}

/// Disks come and go for as long as a host is watched.
TEST_F(Replay, AQueueThatComesAfterManyOthersIsKnownToBeFrozen) {
    constexpr std::uint64_t kApart = 0x1000;
    for (std::uint64_t i = 1; i <= std::uint64_t{2} * WATCH_QUEUES; ++i) {
        auto passing = event(7, 1);
        passing.queue = passing.arguments[0] = kQueue + i * kApart;
        passing.has_depth = true;
        run(REPLAY_ENTRY_queue_wait, passing);
        leave(REPLAY_EXIT_queue_enter, 7, 1);
    }
    told();
    auto frozen = event(8, 1);
    frozen.queue = frozen.arguments[0] = kQueue - kApart;
    frozen.has_depth = true;
    frozen.queue_depth = 1;
    run(REPLAY_ENTRY_queue_wait, frozen);
    EXPECT_EQ(told().size(), 1U);
}

/// The kernel has only so many instances for returns: a wait that would never be seen to end is none, but a loss.
TEST_F(Replay, ACallWhoseReturnIsNotSeenCountsAsLost) {
    auto unseen = event(7, 1);
    unseen.arguments[0] = kMutex;
    unseen.return_address = 0xffffffff81234567;
    run(REPLAY_ENTRY_mutex_wait, unseen);
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(replay_counters()->lost, 1U);
}

TEST_F(Replay, ATaskThatIsGoneIsInsideOfNothing) {
    enter(REPLAY_ENTRY_direct_reclaim, 7, 1, 3, kSleeps);
    run(REPLAY_TASK_FREE, event(7, 0));
    enter(REPLAY_ENTRY_percpu_alloc, 7, 3, 4, kSleeps);
    EXPECT_TRUE(told().empty());
}

TEST_F(Replay, MoreTasksThanThereIsRoomForAreLost) {
    for (std::uint32_t pid = 1; pid <= kTasks + 1; ++pid) {
        enter(REPLAY_ENTRY_direct_reclaim, pid, 1, 3, kSleeps);
    }
    EXPECT_EQ(replay_counters()->lost, 1U);
    run(REPLAY_TASK_FREE, event(1, 0));
    enter(REPLAY_ENTRY_direct_reclaim, kTasks + 1, 1, 3, kSleeps);
    EXPECT_EQ(replay_counters()->lost, 1U);
}

/// How a host is watched for days: bpf/sparing.h.
class Sparing : public Replay {
protected:
    Sparing() : Replay(true) {}

    void pass(std::uint32_t pid) {
        enter(REPLAY_ENTRY_percpu_alloc, pid, 1, 4, kSleeps);
        leave(REPLAY_EXIT_percpu_alloc, pid, 1);
    }
    /// Allocations of more tasks than there is room for.
    void expect_passed_over() {
        for (std::uint32_t pid = 1000; pid <= 1000 + kTasks; ++pid) {
            pass(pid);
        }
        EXPECT_EQ(replay_counters()->lost, 0U);
        EXPECT_TRUE(told().empty());
    }
};

TEST_F(Sparing, AllocationsOfTasksThatDoNothingElseArePassedOver) {
    expect_passed_over();
    enter(REPLAY_ENTRY_direct_reclaim, 7, 2, 3, kSleeps);  // of others more is known meanwhile
    expect_passed_over();
    leave(REPLAY_EXIT_direct_reclaim, 7, 2);
    expect_passed_over();
}

TEST_F(Sparing, BothHalvesOfACycleAreTold) {
    enter(REPLAY_ENTRY_freeze, 7, 1, 1, kQueue);
    leave(REPLAY_EXIT_freeze, 7, 1);
    told();

    enter(REPLAY_ENTRY_percpu_alloc, 8, 1, 4, kSleeps);
    owner_ = 8;
    enter(REPLAY_ENTRY_direct_reclaim, 8, 2, 3, kSleeps);
    EXPECT_THAT(told(), ElementsAre("edge percpu_alloc>reclaim", "edge percpu_mutex>reclaim"));
    enter(REPLAY_ENTRY_queue_wait, 8, 5, 1, kQueue);
    EXPECT_THAT(told(), Contains("8 waits for frozen queue vdb of 0, owns"));

    enter(REPLAY_ENTRY_percpu_alloc, 7, 2, 4, kSleeps);
    EXPECT_THAT(told(), Contains("edge queue_frozen>percpu_alloc vdb"));
    enter(REPLAY_ENTRY_mutex_wait_killable, 7, 3, 1, kMutex);
    EXPECT_THAT(told(), ElementsAre("7 waits for pcpu_alloc_mutex of 8"));
    EXPECT_EQ(replay_counters()->waiting_freezes, 1U);
    expect_passed_over();
}

/// No bio is seen of it.
TEST_F(Sparing, ATaskThatWaitsForItselfIsTold) {
    enter(REPLAY_ENTRY_percpu_alloc, 8, 1, 4, kSleeps);
    owner_ = 8;
    enter(REPLAY_ENTRY_direct_reclaim, 8, 2, 3, kSleeps);
    told();
    enter(REPLAY_ENTRY_percpu_alloc, 8, 4, 4, kSleeps);
    EXPECT_THAT(told(), Contains("edge percpu_mutex>percpu_alloc"));
    enter(REPLAY_ENTRY_mutex_wait, 8, 5, 1, kMutex);
    EXPECT_THAT(told(), ElementsAre("8 waits for pcpu_alloc_mutex of 8, owns"));
}

/// The third task of a circle of three: it waits in an allocation that was passed over.
TEST_F(Sparing, WhoWaitsInAnAllocationIsTold) {
    owner_ = 8;
    enter(REPLAY_ENTRY_percpu_alloc, 9, 1, 4, kSleeps);
    enter(REPLAY_ENTRY_mutex_wait_killable, 9, 2, 1, kMutex);
    EXPECT_THAT(told(), ElementsAre("9 waits for pcpu_alloc_mutex of 8"));
    leave(REPLAY_EXIT_mutex_wait_killable, 9, 2);
    EXPECT_THAT(told(), ElementsAre("9 has pcpu_alloc_mutex"));
    leave(REPLAY_EXIT_percpu_alloc, 9, 1);
    expect_passed_over();
}

/// It reclaims again and again, from wherever it is; its wait ends with the allocation, whose begin nobody saw.
TEST_F(Sparing, TheOwnerMayWaitForMemory) {
    enter(REPLAY_ENTRY_percpu_alloc, 8, 1, 4, kSleeps);
    owner_ = 8;
    for (const unsigned depth : {4, 2, 3, 4}) {
        enter(REPLAY_ENTRY_direct_reclaim, 8, depth, 3, kSleeps);
        leave(REPLAY_EXIT_direct_reclaim, 8, depth);
        now_ += 200'000'000;
    }
    EXPECT_THAT(told(), Contains("8 waits for memory of 0, owns"));
    owner_ = 0;
    leave(REPLAY_EXIT_percpu_alloc, 8, 1);
    EXPECT_THAT(told(), ElementsAre("8 has memory"));
    expect_passed_over();
}

/// Its return was not seen, and the task allocates no more.
TEST_F(Sparing, AnAllocationThatWasInferredEndsWithItsMutex) {
    owner_ = 8;
    enter(REPLAY_ENTRY_direct_reclaim, 8, 2, 3, kSleeps);
    leave(REPLAY_EXIT_direct_reclaim, 8, 2);
    owner_ = 0;
    told();
    enter(REPLAY_ENTRY_swap_out, 8, 2);
    EXPECT_TRUE(told().empty());
    leave(REPLAY_EXIT_swap_out, 8, 2);
    expect_passed_over();
}

TEST_F(Sparing, AllocationsThatStartNoIoAreCounted) {
    enter(REPLAY_ENTRY_percpu_alloc, 9, 1, 4, GFP_DIRECT_RECLAIM | GFP_FS);
    EXPECT_EQ(replay_counters()->noio_allocs, 1U);
    leave(REPLAY_EXIT_percpu_alloc, 9, 1);
    enter(REPLAY_ENTRY_direct_reclaim, 9, 1, 3, kSleeps);
    run(REPLAY_TASK_FREE, event(9, 0));
    expect_passed_over();
}

}  // namespace
}  // namespace blkhang
