// SPDX-License-Identifier: GPL-2.0-only
#include "watch/vigil.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <sstream>
#include <thread>

#include "base/file.h"
#include "base/units.h"
#include "judge/dispatch.h"
#include "judge/testing/builders.h"
#include "record/builder.h"
#include "record/testing/replay.h"
#include "run/testing/collected_evidence.h"
#include "run/testing/fake_watcher.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Beyond the largest that a kernel gives out.
constexpr std::int32_t kHolder = 1 << 23;
constexpr std::int32_t kSwitcher = kHolder + 1;
/// A watch that is told to end kills nobody any more, and a cycle has to stand for half a second.
constexpr auto kHealed = std::chrono::milliseconds(2500);

class CollectedFindings final : public VigilOutlet {
public:
    std::vector<Finding> findings;
    std::vector<std::vector<Observation>> records;
    std::vector<WatchStatus> states;
    std::vector<std::string> notices;

    void status(const WatchStatus& status) override { states.push_back(status); }
    void begin(std::uint64_t /*number*/, Finding::Kind /*kind*/) override { records.emplace_back(); }
    void observation(const Observation& observation) override {
        ASSERT_FALSE(records.empty());
        records.back().push_back(observation);
    }
    void end(const Finding& finding) override { findings.push_back(finding); }
    void notice(const std::string& text) override { notices.push_back(text); }
};

/// Nobody is killed: it is noted who would have been, and what comes of it.
class FakePeople final : public People {
public:
    std::vector<std::int32_t> killed;
    std::function<void(std::int32_t)> on_kill = [](std::int32_t) {};
    std::string switcher = "tee";

    std::vector<Person> identify(const std::vector<std::int32_t>& pids) override {
        std::vector<Person> people;
        for (const auto pid : pids) {
            const auto name = pid == kSwitcher ? switcher : std::string("churn");
            people.push_back(
                {.pid = pid, .process = pid, .comm = name, .process_comm = name, .start_ticks = 1, .found = true});
        }
        return people;
    }
    Status kill(const Person& person) override {
        killed.push_back(person.pid);
        on_kill(person.pid);
        return {};
    }
};

/// No host is reset: it is noted that it would have been.
class FakeLastResort final : public LastResort {
public:
    int begun = 0, cancelled = 0;
    std::function<void()> on_begin = [] {};

    [[nodiscard]] std::string what() const override { return "this host is reset"; }
    Status begin() override {
        ++begun;
        on_begin();
        return {};
    }
    void cancel() override { ++cancelled; }
};

class VigilTest : public testing::Test {
protected:
    void watch(std::chrono::milliseconds span, VigilTerms terms = {}, LastResort* last_resort = nullptr) {
        BlockedTaskFinder finder([this](const Look& look, const auto& sink) {
            for (const auto pid : look.first) {
                if (pid != kHolder && pid != kSwitcher) {
                    continue;
                }
                const Stack stack =
                    pid == kHolder ? holder_stack_ : Stack{"pcpu_alloc+0x1/0x2", "elevator_switch+0x1/0x2"};
                sink(seen::BlockedTask{pid, pid == kHolder ? "churn" : "tee", 'D', stack, monotonic_ns()});
            }
        });
        seen::Hello hello{};
        hello.release = "6.1.0-43-amd64";
        Vigil vigil(watcher_, finder, evidence_, outlet_, people_, History(hello, build::watched()), std::move(terms),
                    last_resort);
        const auto end = Deadline::after(span);
        vigil.watch([&] { return !end.passed(); });
        status_ = vigil.status();
    }
    static seen::Wait holder_waits() {
        return {monotonic_ns(), kHolder, "churn", Awaited::frozen_queue("vda"), 0, true, {"a+0x1/0x2"}, {}, true};
    }
    static seen::Wait switcher_waits() {
        return {monotonic_ns(),
                kSwitcher,
                "tee",
                Awaited::percpu_mutex(),
                kHolder,
                false,
                {"__mutex_lock_killable_slowpath+0x1/0x2", "pcpu_alloc+0x1/0x2"}};
    }
    static seen::Freeze switcher_froze(bool frozen = true) { return {monotonic_ns(), kSwitcher, "tee", "vda", frozen}; }
    std::vector<Observation> elevator_hang() { return {switcher_froze(), holder_waits(), switcher_waits()}; }
    /// What whoever reads a record makes of it.
    static Record recorded(const std::vector<Observation>& stream) {
        RecordBuilder builder({.profile = "watch",
                               .demands = {},
                               .plant = "",
                               .kernel = "running",
                               .tool_version = "",
                               .tool_commit = "",
                               .config = {},
                               .site = "watch"});
        for (const auto& observation : stream) {
            builder.observe(decode(encode(observation)).value());
        }
        return builder.finish({});
    }

    Stack holder_stack_{"__bio_queue_enter+0x1/0x2", "__submit_bio+0x1/0x2"};
    FakeWatcher watcher_;
    CollectedEvidence evidence_;
    CollectedFindings outlet_;
    FakePeople people_;
    WatchStatus status_;
};

TEST_F(VigilTest, WhereNothingHappensNothingIsFound) {
    watcher_.arrives = {{build::edge(Scope::reclaim, Scope::swap_out)}};
    watch(std::chrono::milliseconds(50));
    EXPECT_THAT(outlet_.findings, IsEmpty());
    EXPECT_EQ(status_.edges, 1U);
    EXPECT_EQ(status_.tier, "fentry");
    EXPECT_FALSE(outlet_.states.empty());
}

TEST(VigilAtRest, SleepsUntilAnEventArrivesWhereTheWatcherCanTell) {
    class Waking final : public FakeWatcher {
    public:
        bool await_event(std::chrono::milliseconds most) override {
            ++sleeps;
            std::this_thread::sleep_for(most);
            return true;
        }
        int sleeps = 0;
    } watcher;
    BlockedTaskFinder finder([](const Look& /*look*/, const auto& /*sink*/) {});
    FakePeople people;
    CollectedFindings outlet;
    CollectedEvidence evidence;
    Vigil vigil(watcher, finder, evidence, outlet, people, History({}, build::watched()), {});
    int turns = 0;
    const auto end = Deadline::after(std::chrono::milliseconds(1000));
    vigil.watch([&] {
        ++turns;
        return !end.passed();
    });
    EXPECT_GT(watcher.sleeps, 0);
    EXPECT_LE(turns, 8) << "a host that does nothing is left to itself";
}

TEST_F(VigilTest, AHangIsToldOnceWithARecordThatSaysTheSame) {
    const auto hang = elevator_hang();
    watcher_.arrives = {hang};
    watcher_.standing = hang;  // it stands, whoever asks again
    watch(std::chrono::milliseconds(700));
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    const auto& finding = outlet_.findings.front();
    EXPECT_EQ(finding.kind, Finding::Kind::hang);
    EXPECT_THAT(finding.summary, HasSubstr("churn"));
    EXPECT_THAT(finding.tasks, SizeIs(2));
    EXPECT_FALSE(finding.healed);
    EXPECT_THAT(people_.killed, IsEmpty());
    EXPECT_THAT(evidence_.at_once, SizeIs(1));
    const auto record = recorded(outlet_.records.front());
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    EXPECT_EQ(record.run.site, "watch");
    ASSERT_TRUE(record.deadlock);
    EXPECT_THAT(record.deadlock->tasks, SizeIs(2));
    EXPECT_EQ(record.deadlock->tasks.front().state, 'D');
    EXPECT_EQ(status_.findings["hang"], 1U);
}

TEST_F(VigilTest, HealingKillsWhoFrozeTheQueueAndSaysWhatCameOfIt) {
    watcher_.arrives = {elevator_hang()};
    people_.on_kill = [this](std::int32_t) {
        watcher_.arrives.push_back({seen::Wake{monotonic_ns(), kSwitcher, Awaited::percpu_mutex()},
                                    switcher_froze(false),
                                    seen::Wake{monotonic_ns(), kHolder, Awaited::frozen_queue("vda")}});
    };
    watch(kHealed, {.heal = VigilTerms::Heal::on, .spare = {}});
    EXPECT_THAT(people_.killed, ElementsAre(kSwitcher));
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    const auto& finding = outlet_.findings.front();
    EXPECT_EQ(finding.kind, Finding::Kind::hang);
    EXPECT_EQ(finding.healed, true);
    EXPECT_THAT(finding.heal, HasSubstr("the cycle ended"));
    const auto record = recorded(outlet_.records.front());
    EXPECT_EQ(record.verdict.value, Verdict::hang);
    EXPECT_EQ(record.deadlock->recovered_by_kill, true);
}

TEST_F(VigilTest, ADryRunKillsNobody) {
    watcher_.arrives = {elevator_hang()};
    watch(kHealed, {.heal = VigilTerms::Heal::dry_run, .spare = {}});
    EXPECT_THAT(people_.killed, IsEmpty());
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_THAT(outlet_.findings.front().heal, HasSubstr("would have sent SIGKILL to tee["));
    EXPECT_FALSE(outlet_.findings.front().healed);
}

TEST_F(VigilTest, WhatALookContradictsIsNoFinding) {
    holder_stack_ = {"do_sys_poll+0x1/0x2"};
    watcher_.arrives = {elevator_hang()};
    watch(std::chrono::milliseconds(200), {.heal = VigilTerms::Heal::on, .spare = {}});
    EXPECT_THAT(people_.killed, IsEmpty());
    ASSERT_FALSE(outlet_.findings.empty());
    EXPECT_EQ(outlet_.findings.front().kind, Finding::Kind::taken_back);
    EXPECT_EQ(status_.findings["hang"], 0U);
    EXPECT_NE(recorded(outlet_.records.front()).verdict.value, Verdict::hang);
}

TEST_F(VigilTest, WhoIsSparedIsNotKilled) {
    people_.switcher = "multipathd";
    watcher_.arrives = {elevator_hang()};
    watch(kHealed, {.heal = VigilTerms::Heal::on, .spare = {}});
    EXPECT_THAT(people_.killed, IsEmpty());
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_THAT(outlet_.findings.front().heal, HasSubstr("multipathd"));
}

TEST_F(VigilTest, NobodyIsKilledWhereEventsAreLostAfterTheProof) {
    watcher_.arrives = {elevator_hang()};
    watcher_.standing = watcher_.arrives.front();
    watcher_.dropped = {0, 0, 0, 1};  // the first goes with the proof, the others with what is seen while it stands
    watch(kHealed, {.heal = VigilTerms::Heal::on, .spare = {}});
    EXPECT_THAT(people_.killed, IsEmpty());
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_THAT(outlet_.findings.front().heal, HasSubstr("events were lost: 1"));
}

/// Given up after a second.
VigilTerms soon(VigilTerms::Heal heal = VigilTerms::Heal::off) {
    return {.heal = heal, .spare = {}, .give_up = std::chrono::seconds(1)};
}

TEST_F(VigilTest, AHostWhoseHangStandsIsGivenUpOnceTheTimeIsOver) {
    watcher_.arrives = {elevator_hang()};
    watcher_.standing = watcher_.arrives.front();
    FakeLastResort reset;
    const auto began_ns = monotonic_ns();
    std::uint64_t reset_ns = 0;
    reset.on_begin = [&] { reset_ns = monotonic_ns(); };
    watch(std::chrono::milliseconds(2500), soon(), &reset);
    EXPECT_EQ(reset.begun, 1);
    EXPECT_GE(reset_ns, began_ns + kNsPerS);
    EXPECT_EQ(reset.cancelled, 1);  // by the end of the watch
    ASSERT_THAT(outlet_.notices, SizeIs(3));
    EXPECT_THAT(outlet_.notices[0], HasSubstr("unless this hang ends, this host is reset 1s after its proof"));
    EXPECT_THAT(outlet_.notices[1], HasSubstr("given up after 1s"));
    EXPECT_THAT(outlet_.notices[2],
                HasSubstr("this host is kept: the watch was told to end, and its hang still stands"));
    EXPECT_THAT(outlet_.findings, SizeIs(1));  // told at the proof, as ever
}

TEST_F(VigilTest, AHangThatIsHealedKeepsTheHost) {
    watcher_.arrives = {elevator_hang()};
    people_.on_kill = [this](std::int32_t) {
        watcher_.arrives.push_back({seen::Wake{monotonic_ns(), kSwitcher, Awaited::percpu_mutex()},
                                    switcher_froze(false),
                                    seen::Wake{monotonic_ns(), kHolder, Awaited::frozen_queue("vda")}});
    };
    FakeLastResort reset;
    watch(kHealed, soon(VigilTerms::Heal::on), &reset);
    EXPECT_THAT(people_.killed, ElementsAre(kSwitcher));
    EXPECT_EQ(reset.begun, 0);
    ASSERT_THAT(outlet_.notices, SizeIs(2));
    EXPECT_THAT(outlet_.notices[1], HasSubstr("this host is kept: the wait of tee["));
}

TEST_F(VigilTest, AHangThatHealingMustNotTouchOrCannotEndIsGivenUp) {
    people_.switcher = "multipathd";
    watcher_.arrives = {elevator_hang()};
    watcher_.standing = watcher_.arrives.front();
    FakeLastResort reset;
    watch(kHealed, soon(VigilTerms::Heal::on), &reset);
    EXPECT_THAT(people_.killed, IsEmpty());
    EXPECT_EQ(reset.begun, 1);
}

/// Telling takes longer than that here, as healing in vain may take longer than what a user gives it.
TEST_F(VigilTest, AHostIsGivenUpWhoseTimeIsOverBeforeItsHangIsTold) {
    watcher_.arrives = {elevator_hang()};
    watcher_.standing = watcher_.arrives.front();
    FakeLastResort reset;
    watch(std::chrono::milliseconds(900), {.give_up = std::chrono::milliseconds(10)}, &reset);
    EXPECT_EQ(reset.begun, 1);
    EXPECT_THAT(outlet_.notices.back(), HasSubstr("the watch was told to end"));
}

TEST_F(VigilTest, AHangThatEndsWhileTheResetIsOnItsWayStopsIt) {
    watcher_.arrives = {elevator_hang()};
    watcher_.standing = watcher_.arrives.front();
    FakeLastResort reset;
    reset.on_begin = [this] {
        watcher_.arrives.push_back({seen::Wake{monotonic_ns(), kSwitcher, Awaited::percpu_mutex()}});
    };
    watch(std::chrono::milliseconds(2500), soon(), &reset);
    EXPECT_EQ(reset.begun, 1);
    EXPECT_EQ(reset.cancelled, 1);
    EXPECT_THAT(outlet_.notices.back(), HasSubstr("the wait of tee["));
}

TEST_F(VigilTest, NoHostIsGivenUpByALookThatContradictsOrWhereEventsAreLost) {
    FakeLastResort reset;
    watcher_.arrives = {elevator_hang()};
    watcher_.standing = watcher_.arrives.front();
    watcher_.dropped = {0, 0, 0, 0, 0, 1};
    watch(std::chrono::milliseconds(2500), soon(), &reset);
    EXPECT_EQ(reset.begun, 0);
    EXPECT_THAT(outlet_.notices.back(), HasSubstr("events were lost: 1"));
    outlet_.notices.clear();
    holder_stack_ = {"do_sys_poll+0x1/0x2"};
    watcher_.dropped = {};
    watcher_.arrives = {elevator_hang()};
    watch(std::chrono::milliseconds(2500), soon(), &reset);
    EXPECT_EQ(reset.begun, 0);
    EXPECT_THAT(outlet_.notices.back(), HasSubstr("this host is kept"));
}

TEST_F(VigilTest, NobodyIsKilledOnceItIsToldToEnd) {
    watcher_.arrives = {elevator_hang()};
    watch(std::chrono::milliseconds(100), {.heal = VigilTerms::Heal::on, .spare = {}});
    EXPECT_THAT(people_.killed, IsEmpty());
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_EQ(outlet_.findings.front().kind, Finding::Kind::hang);
    EXPECT_THAT(outlet_.findings.front().heal, HasSubstr("told to end"));
}

TEST_F(VigilTest, NobodyIsKilledWhereEventsWereLost) {
    watcher_.arrives = {elevator_hang()};
    watcher_.dropped = {1};
    watcher_.standing = watcher_.arrives.front();
    watch(std::chrono::milliseconds(300), {.heal = VigilTerms::Heal::on, .spare = {}});
    EXPECT_THAT(people_.killed, IsEmpty());
    EXPECT_EQ(status_.lost_events, 1U);
}

/// Loss of long ago says nothing against what is seen now.
TEST_F(VigilTest, ALossIsForgottenWithItsStretch) {
    watcher_.dropped = {5};
    watcher_.arrives = {{}};
    for (int i = 0; i < 10; ++i) {
        watcher_.arrives.emplace_back();
    }
    watcher_.arrives.push_back(elevator_hang());
    VigilTerms terms{.heal = VigilTerms::Heal::dry_run, .spare = {}};
    terms.stretch = std::chrono::seconds(0);  // each report begins another
    watch(std::chrono::milliseconds(2500), std::move(terms));
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_THAT(outlet_.findings.front().heal, HasSubstr("would have sent"));
    EXPECT_EQ(status_.lost_events, 5U);
}

TEST_F(VigilTest, ALockCycleIsAHazardToldOnce) {
    const std::vector<Observation> nestings{build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"),
                                            build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc, "vda")};
    watcher_.arrives = {nestings, nestings};
    VigilTerms terms;
    terms.stretch = std::chrono::seconds(0);
    watch(std::chrono::milliseconds(1200), terms);
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_EQ(outlet_.findings.front().kind, Finding::Kind::hazard);
    EXPECT_THAT(outlet_.findings.front().summary, HasSubstr("lock cycle"));
    EXPECT_EQ(recorded(outlet_.records.front()).verdict.value, Verdict::hazard);
}

TEST_F(VigilTest, WhatAWatchBeforeThisOneHasToldIsNotToldAgain) {
    const std::vector<Observation> nestings{build::edge_on_disk(Scope::percpu_mutex, Scope::submit_bio, "vda"),
                                            build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc, "vda")};
    watcher_.arrives = {nestings};
    watch(std::chrono::milliseconds(100));
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    VigilTerms terms;
    terms.known = keys_of(outlet_.findings.front());
    watcher_.arrives = {nestings};
    watch(std::chrono::milliseconds(100), terms);
    EXPECT_THAT(outlet_.findings, SizeIs(1));
}

/// With no bio watched, that the owner of the mutex has waited for a frozen queue tells that it submits to it.
TEST_F(VigilTest, AHazardOverAQueueIsSeenWithoutBiosOnceSomebodyWaited) {
    watcher_.arrives = {{switcher_froze(), holder_waits()},
                        {seen::Wake{monotonic_ns(), kHolder, Awaited::frozen_queue("vda")}, switcher_froze(false)},
                        {build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc, "vda")}};
    watch(std::chrono::milliseconds(700));
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_EQ(outlet_.findings.front().kind, Finding::Kind::hazard);
    EXPECT_EQ(recorded(outlet_.records.front()).verdict.value, Verdict::hazard);
}

TEST_F(VigilTest, ALongWaitIsToldOnceWithWhoHoldsIt) {
    watcher_.arrives = {{switcher_froze(), holder_waits()}};
    VigilTerms terms;
    terms.long_wait = std::chrono::seconds(1);
    watch(std::chrono::milliseconds(3200), terms);
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    const auto& finding = outlet_.findings.front();
    EXPECT_EQ(finding.kind, Finding::Kind::long_wait);
    EXPECT_THAT(finding.summary, HasSubstr("churn[8388608] waits for frozen queue vda, which tee[8388609] froze"));
    EXPECT_THAT(finding.tasks, SizeIs(2));
    EXPECT_GE(status_.longest_ever_s, 1.0);
}

/// Owner of the mutex, short of memory, and who reclaims but waits for the mutex: told once it has stood for a minute.
TEST_F(VigilTest, ALivelockIsAHangOnceItHasStoodForAMinute) {
    const auto since = [](std::uint64_t seconds_ago) {
        const auto at_ns = monotonic_ns() - seconds_ago * kNsPerS;
        return std::vector<Observation>{
            seen::Wait{at_ns, kHolder, "churn", Awaited::memory(), 0, true, {}},
            seen::Wait{at_ns, kSwitcher, "tee", Awaited::percpu_mutex(), kHolder, false, {}, {}, true}};
    };
    VigilTerms terms{.heal = VigilTerms::Heal::on};
    terms.long_wait = std::chrono::hours(1);
    watcher_.arrives = {since(30)};
    watch(std::chrono::milliseconds(700), terms);
    EXPECT_THAT(outlet_.findings, testing::Each(testing::Field(&Finding::kind, Finding::Kind::hazard)));
    outlet_.findings.clear();
    outlet_.records.clear();
    watcher_.arrives = {since(61)};
    watch(std::chrono::milliseconds(1200), terms);
    ASSERT_THAT(outlet_.findings, SizeIs(1));
    EXPECT_EQ(outlet_.findings.front().kind, Finding::Kind::hang);
    EXPECT_THAT(outlet_.findings.front().summary, HasSubstr("livelock"));
    EXPECT_THAT(outlet_.findings.front().heal, HasSubstr("memory"));
    EXPECT_THAT(people_.killed, IsEmpty());
    EXPECT_EQ(recorded(outlet_.records.front()).verdict.value, Verdict::hang);
}

TEST_F(VigilTest, EvidenceGoesOutAsItIsSeen) {
    watcher_.arrives = {elevator_hang()};
    watch(std::chrono::milliseconds(100));
    EXPECT_THAT(evidence_.all<seen::Hello>(), SizeIs(1));
    EXPECT_THAT(evidence_.all<seen::Tier>(), SizeIs(1));
    EXPECT_THAT(evidence_.all<seen::Phase>(), SizeIs(1));
    EXPECT_THAT(evidence_.all<seen::Proof>(), SizeIs(1));
    EXPECT_THAT(evidence_.all<seen::End>(), SizeIs(1));
}

/// For each drain other tasks on other disks: waits that end, queues that are frozen and released, nestings.
class EverOtherTasks final : public FakeWatcher {
public:
    void drain(const Sink& sink) override {
        constexpr int kTasks = 200;
        for (int i = 0; i < kTasks; ++i) {
            const auto now = monotonic_ns();
            const auto pid = static_cast<std::int32_t>(++tasks);
            const auto disk = "disk" + std::to_string(tasks);
            sink(seen::Freeze{now, pid, "tee", disk, true});
            sink(seen::Wait{now, pid, "churn", Awaited::mutex("blkcg_mutex", disk), pid + 1, false, {"a+0x1/0x2"}});
            sink(seen::Wake{now, pid, Awaited::mutex("blkcg_mutex", disk)});
            sink(seen::Freeze{now, pid, "tee", disk, false});
            sink(build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc, disk));
            // One in many is not seen to end: it hung on to a disk that was taken away.
            if (i == 0) {
                sink(seen::Freeze{now, pid, "tee", disk, true});
                sink(seen::Wait{now, pid, "churn", Awaited::frozen_queue(disk), 0, false, {"a+0x1/0x2"}});
            }
        }
    }
    std::uint64_t tasks = 0;
};

TEST(VigilOverDays, KeepsNoMoreHoweverManyTasksAndDisksCome) {
    EverOtherTasks watcher;
    BlockedTaskFinder finder([](const Look& /*look*/, const auto& /*sink*/) {});
    FakePeople people;
    class Nobody final : public VigilOutlet {
        void status(const WatchStatus& /*status*/) override {}
        void begin(std::uint64_t /*number*/, Finding::Kind /*kind*/) override {}
        void observation(const Observation& /*observation*/) override {}
        void end(const Finding& /*finding*/) override {}
        void notice(const std::string& /*text*/) override {}
    } nobody;
    class Nowhere final : public EvidenceSink {
        void send(const Observation& /*observation*/) override {}
        bool send_at_once(std::string_view /*short_proof*/) override { return false; }
        [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override { return {}; }
    } nowhere;
    Vigil vigil(watcher, finder, nowhere, nobody, people, History({}, build::watched()), {});
    std::vector<std::size_t> used;
    const auto end = Deadline::after(std::chrono::seconds(20));
    constexpr std::uint64_t kTasks = 60'000;
    vigil.watch([&] {
        if (watcher.tasks / (kTasks / 6) > used.size()) {
            used.push_back(::mallinfo2().uordblks);
        }
        return used.size() < 6 && !end.passed();
    });
    ASSERT_THAT(used, SizeIs(6)) << watcher.tasks;
    constexpr std::size_t kSomeRecord = 512 << 10;
    EXPECT_LE(used[5], used[2] + kSomeRecord) << testing::PrintToString(used);
}

/// A run of a stock kernel that hung, as it was recorded, without what lies on the way of bios.
TEST_F(VigilTest, ARecordedHangIsFoundWithoutBios) {
    std::vector<Observation> stream;
    const auto text = read_file(replay::path("runs/elv-bfq-7.2")).value();
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        auto observation = decode(line).value();
        const auto* edge = std::get_if<seen::Edge>(&observation);
        if (edge != nullptr && edge->inner == Scope::submit_bio) {
            continue;
        }
        if (is_one_of<seen::Wait, seen::Wake, seen::Freeze, seen::Edge>(observation)) {
            stream.push_back(std::move(observation));
        }
        if (const auto* proof = std::get_if<seen::Proof>(&observation)) {
            for (const auto& freeze : proof->freezes.value_or(std::vector<seen::Freeze>{})) {
                stream.emplace_back(freeze);
            }
            for (const auto& wait : proof->waits.value_or(std::vector<seen::Wait>{})) {
                stream.emplace_back(wait);
            }
            break;
        }
    }
    watcher_.arrives = {stream};
    watch(std::chrono::milliseconds(100));
    ASSERT_FALSE(outlet_.findings.empty());
    EXPECT_EQ(outlet_.findings.front().kind, Finding::Kind::hang);
    EXPECT_EQ(recorded(outlet_.records.front()).verdict.value, Verdict::hang);
}

}  // namespace
}  // namespace blkhang
