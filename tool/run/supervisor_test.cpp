// SPDX-License-Identifier: GPL-2.0-only
#include "run/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "base/units.h"
#include "judge/load_left.h"
#include "judge/testing/builders.h"
#include "probe/blind_watcher.h"
#include "record/stream.h"
#include "run/port.h"
#include "run/testing/collected_evidence.h"
#include "run/testing/fake_watcher.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// Beyond the largest that a kernel gives out, should one of them be killed.
constexpr std::int32_t kWaiter = 1 << 23;
constexpr std::int32_t kOwner = kWaiter + 1;

Fd file_of(std::string_view text) {
    Fd file{::memfd_create("supervisor-test", MFD_CLOEXEC)};
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return file;
}

/// Its thread lives as long as the process.
Meter& quiet_meter() {
    static Meter& meter = *Meter::start(file_of("nr_free_pages 4711\npswpout 12\n"), file_of(""), {});
    return meter;
}

class SupervisorTest : public testing::Test {
protected:
    /// What left the machine of a run that long, which saw what the watcher does.
    std::vector<Observation> sent_by(Watcher& watcher, std::chrono::seconds duration = {}) {
        Fd sent = file_of("");
        Port port{Fd{::dup(sent.get())}};
        supervise(watcher, port, duration);
        return lines_of(sent);
    }
    void supervise(Watcher& watcher, EvidenceSink& evidence, std::chrono::seconds duration = {}) {
        Judge judge{Demands{}};
        judge.observe(build::watched());
        BlockedTaskFinder finder([this](const Look& look, const auto& /*sink*/) {
            const std::scoped_lock guard(lock_);
            looked_at_.insert(looked_at_.end(), look.first.begin(), look.first.end());
            lock_lists_ += look.lists_locks ? 1 : 0;
        });
        Supervisor supervisor(watcher, load_, GuestTally(0, 4096), quiet_meter(), finder, evidence,
                              Ballast::take(4096).value(), std::move(judge), healing_, begin_standing_hang_);
        supervisor.supervise(duration, std::chrono::seconds(0));
        supervisor.watch_it_stop([&] { return is_gone_(); }, kStopTime);
    }

    static constexpr auto kStopTime = std::chrono::seconds(1);
    std::function<bool()> is_gone_ = [] { return true; };
    Healing healing_ = Healing::allowed;
    BeginStandingHang begin_standing_hang_;

    /// Pids that were looked at.
    std::vector<std::int32_t> looked_at() {
        const std::scoped_lock guard(lock_);
        return looked_at_;
    }

    /// How often the kernel was asked who holds which locks.
    int lock_lists() {
        const std::scoped_lock guard(lock_);
        return lock_lists_;
    }

    static seen::Wait wait_since_ms(std::uint64_t ms) {
        auto wait = build::mutex_wait(0, kWaiter, kOwner);
        wait.at_ns = monotonic_ns() - ms * kNsPerMs;
        return wait;
    }
    static seen::Wake wake_now() {
        auto wake = build::mutex_wake(0, kWaiter);
        wake.at_ns = monotonic_ns();
        return wake;
    }
    static std::uint64_t lost_of(const std::vector<Observation>& sent) {
        std::uint64_t lost = 0;
        for (const auto& observation : sent) {
            if (const auto* counters = std::get_if<seen::Counters>(&observation)) {
                lost = counters->lost_events;
            }
        }
        return lost;
    }
    template <class Kind>
    static std::size_t count(const std::vector<Observation>& sent) {
        return static_cast<std::size_t>(std::ranges::count_if(
            sent, [](const auto& observation) { return std::holds_alternative<Kind>(observation); }));
    }
    /// What somebody outside makes of it.
    static Judgement judged(const std::vector<Observation>& sent) {
        Judge judge{Demands{}};
        judge.observe(build::watched());
        for (const auto& observation : sent) {
            judge.observe(observation);
        }
        return judge.judgement();
    }

private:
    static std::vector<Observation> lines_of(const Fd& file) {
        std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        std::vector<Observation> observations;
        for (std::string_view rest = text; !rest.empty();) {
            const auto end = rest.find('\n');
            observations.push_back(decode(rest.substr(0, end)).value());
            rest.remove_prefix(end + 1);
        }
        return observations;
    }

    LoadCounters load_;
    std::mutex lock_;
    std::vector<std::int32_t> looked_at_;
    int lock_lists_ = 0;
};

TEST_F(SupervisorTest, ARunThatIsNotWatchedTellsOfItsLoadOnly) {
    BlindWatcher watcher;
    const auto sent = sent_by(watcher);
    EXPECT_EQ(count<seen::Counters>(sent), 1U);
    EXPECT_EQ(lost_of(sent), 0U);
    EXPECT_EQ(count<seen::Tier>(sent), 0U);
}

TEST_F(SupervisorTest, WhatNothingIsLostOfIsNotToldAgain) {
    FakeWatcher watcher;
    watcher.arrives = {{wait_since_ms(1)}, {wake_now()}};
    const auto sent = sent_by(watcher);
    EXPECT_EQ(watcher.retold, 0);
    EXPECT_EQ(lost_of(sent), 0U);
    EXPECT_THAT(judged(sent).reasons, testing::Not(Contains(HasSubstr("lost"))));
}

TEST_F(SupervisorTest, AfterALossWhatStandsIsToldAgainOnce) {
    FakeWatcher watcher;
    watcher.dropped = {3};
    watcher.standing = {wait_since_ms(10)};
    const auto sent = sent_by(watcher, std::chrono::seconds(1));
    EXPECT_EQ(watcher.retold, 1);
    EXPECT_EQ(lost_of(sent), 3U);
    EXPECT_EQ(count<seen::Wait>(sent), 1U) << "it lasted";
    EXPECT_EQ(judged(sent).verdict, Verdict::inconclusive);
    EXPECT_THAT(looked_at(), IsEmpty()) << "what was told again is not in doubt";
}

/// The end of the wait found no room.
TEST_F(SupervisorTest, AWaitThatAFullRingLeavesInDoubtIsLookedAt) {
    FakeWatcher watcher;
    watcher.arrives = {{wait_since_ms(10)}};
    watcher.dropped = {0, 5};
    const auto sent = sent_by(watcher, std::chrono::seconds(1));
    EXPECT_EQ(lost_of(sent), 5U);
    EXPECT_THAT(looked_at(), Contains(kWaiter));
    EXPECT_EQ(count<seen::Proof>(sent), 0U);
}

/// Behind an event that took until the end to be finished.
TEST_F(SupervisorTest, AWakeThatArrivesLateEndsItsWait) {
    FakeWatcher without;
    without.arrives = {{wait_since_ms(300)}};
    EXPECT_EQ(count<seen::Wait>(sent_by(without)), 1U);
    FakeWatcher watcher;
    watcher.arrives = {{wait_since_ms(300)}};
    watcher.late = {wake_now()};
    EXPECT_EQ(count<seen::Wait>(sent_by(watcher)), 0U);
}

TEST_F(SupervisorTest, WhatIsNeverFinishedOrWasSkippedIsLost) {
    FakeWatcher watcher;
    watcher.unfinished = 1;
    watcher.skipped = 2;
    const auto sent = sent_by(watcher);
    EXPECT_EQ(lost_of(sent), 3U);
    EXPECT_EQ(judged(sent).verdict, Verdict::inconclusive);
}

class ProofTest : public SupervisorTest {
protected:
    ProofTest() { healing_ = Healing::forbidden; }  // it takes seconds
    /// A task that waits for what it holds.
    void prove(EvidenceSink& evidence) {
        FakeWatcher watcher;
        auto wait = build::mutex_wait(0, kOwner, kOwner);
        wait.at_ns = monotonic_ns();
        watcher.arrives = {{wait}};
        supervise(watcher, evidence, std::chrono::seconds(1));
    }
    static bool was_to_heal(const CollectedEvidence& evidence) {
        const auto phases = evidence.all<seen::Phase>();
        return std::ranges::any_of(phases, [](const auto& one) { return one.name == seen::kRecoveryPhase; });
    }
};

TEST_F(ProofTest, LeavesAtOnceAndThenInFull) {
    CollectedEvidence evidence;
    prove(evidence);
    ASSERT_EQ(evidence.at_once.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<seen::Proof>(decode(evidence.at_once[0]).value()));
    EXPECT_EQ(evidence.all<seen::Proof>().size(), 1U);
    EXPECT_EQ(evidence.all<seen::ProofWritten>().size(), 1U);
}

TEST_F(ProofTest, LeavesInFullWhereThereIsNoOtherWay) {
    CollectedEvidence evidence;
    evidence.has_page = false;
    prove(evidence);
    EXPECT_EQ(evidence.all<seen::Proof>().size(), 1U);
    EXPECT_EQ(evidence.all<seen::ProofWritten>().size(), 1U);
}

TEST_F(ProofTest, HealingIsTriedWhereItIsAllowed) {
    healing_ = Healing::allowed;
    CollectedEvidence evidence;
    prove(evidence);
    EXPECT_TRUE(was_to_heal(evidence));
    EXPECT_EQ(evidence.all<seen::Recovery>().size(), 1U);
}

TEST_F(ProofTest, LocksAreListedOnceItHasLeftAndOnlyInAMachineThatIsOurs) {
    for (const auto& [healing, lists] : {std::pair{Healing::forbidden, 0}, {Healing::own, 0}, {Healing::allowed, 1}}) {
        healing_ = healing;
        CollectedEvidence evidence;
        prove(evidence);
        EXPECT_EQ(lock_lists(), lists);
    }
    BlindWatcher watcher;
    sent_by(watcher);
    EXPECT_EQ(lock_lists(), 1) << "without a proof";
}

TEST_F(ProofTest, WhereHealingIsForbiddenNobodyIsKilled) {
    CollectedEvidence evidence;
    prove(evidence);
    EXPECT_EQ(evidence.all<seen::Proof>().size(), 1U);
    EXPECT_FALSE(was_to_heal(evidence));
    EXPECT_THAT(evidence.all<seen::Kill>(), IsEmpty());
}

TEST_F(ProofTest, NobodyOfAnotherSessionIsKilledWhereOnlyOwnOnesMayBe) {
    healing_ = Healing::own;
    CollectedEvidence evidence;
    prove(evidence);
    EXPECT_TRUE(was_to_heal(evidence));
    EXPECT_THAT(evidence.all<seen::Kill>(), IsEmpty());
}

TEST_F(ProofTest, AHangThatClosesOnlyWhileTheLoadIsStoppedIsOne) {
    FakeWatcher watcher;
    is_gone_ = [&] {
        auto wait = build::mutex_wait(0, kOwner, kOwner);
        wait.at_ns = monotonic_ns();
        watcher.arrives.push_back({wait});
        return false;
    };
    CollectedEvidence evidence;
    supervise(watcher, evidence);
    EXPECT_EQ(evidence.all<seen::Proof>().size(), 1U);
    EXPECT_EQ(judged(evidence.sent).verdict, Verdict::hang);
}

/// Whoever sees no ends any more would take what stood at the end of the load for a hang.
TEST_F(ProofTest, ALoadIsNotWatchedToItsEndByWhoDoesNotWatchOn) {
    class Stopped final : public FakeWatcher {
    public:
        [[nodiscard]] bool watches_on() const override { return false; }
    } watcher;
    is_gone_ = [&] {
        auto wait = build::mutex_wait(0, kOwner, kOwner);
        wait.at_ns = monotonic_ns() - kNsPerS;
        watcher.arrives.push_back({wait});
        return true;
    };
    CollectedEvidence evidence;
    supervise(watcher, evidence);
    EXPECT_THAT(evidence.all<seen::Proof>(), IsEmpty());
}

TEST_F(ProofTest, ThatTheLoadDoesNotEndIsTold) {
    const auto tells = [](const CollectedEvidence& evidence) {
        return std::ranges::any_of(evidence.all<seen::Counters>(), [](const seen::Counters& counters) {
            return counters.load.contains(std::string(seen::kLoadLeft));
        });
    };
    FakeWatcher watcher;
    CollectedEvidence ended;
    supervise(watcher, ended);
    EXPECT_FALSE(tells(ended));
    is_gone_ = [] { return false; };
    CollectedEvidence stuck;
    supervise(watcher, stuck);
    EXPECT_TRUE(tells(stuck));
}

TEST_F(ProofTest, NothingElseThatIsSeenMeanwhileLeaves) {
    FakeWatcher quiet;
    CollectedEvidence without;
    supervise(quiet, without);
    FakeWatcher watcher;
    int asked = 0;
    is_gone_ = [&] {
        watcher.arrives = {{wait_since_ms(300)}, {wake_now()}};
        watcher.dropped = {3};
        return ++asked == 3;
    };
    CollectedEvidence evidence;
    supervise(watcher, evidence);
    EXPECT_EQ(asked, 3);
    EXPECT_TRUE(watcher.arrives.empty()) << "it was watched";
    EXPECT_EQ(evidence.sent.size(), without.sent.size());
    EXPECT_EQ(lost_of(evidence.sent), 0U);
}

/// Wants one look, and is over once it was asked for the third time.
class CountedHang final : public StandingHang {
public:
    struct Told {
        int times = 0, seen = 0;
        bool is_proven = true;
    };
    explicit CountedHang(Told& told) : told_(told) {}
    void observe(const Observation& /*observation*/) override { ++told_.seen; }
    std::vector<std::int32_t> to_look_at(std::uint64_t /*now_ns*/) override {
        return told_.times == 0 ? std::vector<std::int32_t>{kWaiter} : std::vector<std::int32_t>{};
    }
    bool goes_on(std::uint64_t /*now_ns*/, std::uint64_t /*lost_events*/, bool is_proven) override {
        told_.is_proven &= is_proven;
        return ++told_.times < 3;
    }

private:
    Told& told_;
};

TEST_F(ProofTest, WhatBecomesOfAHangThatStandsIsWaitedFor) {
    CountedHang::Told told;
    std::vector<std::size_t> cycles;
    begin_standing_hang_ = [&](const Deadlock& deadlock, std::uint64_t lost_in_run, std::uint64_t lost_events,
                               std::uint64_t /*proven_ns*/) {
        EXPECT_EQ(lost_in_run + lost_events, 0U);
        cycles.push_back(deadlock.tasks.size());
        return std::make_unique<CountedHang>(told);
    };
    CollectedEvidence evidence;
    prove(evidence);
    EXPECT_THAT(cycles, testing::ElementsAre(1));
    EXPECT_EQ(told.times, 3);
    EXPECT_TRUE(told.is_proven);
    EXPECT_THAT(looked_at(), Contains(kWaiter));
}

TEST_F(SupervisorTest, WithoutAProofNothingBecomesOfIt) {
    begin_standing_hang_ = [](const auto&...) -> std::unique_ptr<StandingHang> {
        ADD_FAILURE();
        return nullptr;
    };
    BlindWatcher watcher;
    CollectedEvidence evidence;
    supervise(watcher, evidence);
}

}  // namespace
}  // namespace blkhang
