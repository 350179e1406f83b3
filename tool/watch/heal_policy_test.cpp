// SPDX-License-Identifier: GPL-2.0-only
#include "watch/heal_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/units.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kProvenNs = 10 * kNsPerS;
constexpr std::int32_t kOwner = 11, kFreezer = 12;
const Stack stack_at_mutex{"pcpu_alloc+0x10/0x90", "blkg_alloc+0x1/0x2", "elevator_switch+0x1/0x2"};
const Stack stack_at_queue{"__bio_queue_enter+0x10/0x90", "__submit_bio+0x1/0x2"};

/// The one of stock 6.1: the owner of the mutex waits for a queue, and who froze that waits for the mutex.
Deadlock elevator_cycle() {
    return {Deadlock::Kind::cycle,
            kProvenNs - kNsPerMs,
            {{kOwner, "churn", Awaited::frozen_queue("vda"), {Awaited::percpu_mutex()}, stack_at_queue},
             {kFreezer,
              "tee",
              Awaited::percpu_mutex(),
              {Awaited::frozen_queue("vda")},
              {"__mutex_lock_killable_slowpath+0x1/0x2", "pcpu_alloc+0x10/0x90"}}}};
}

Person person(std::int32_t pid, const std::string& comm) {
    return {.pid = pid, .process = pid, .comm = comm, .process_comm = comm, .start_ticks = 1, .found = true};
}

std::vector<Person> people() { return {person(kOwner, "churn"), person(kFreezer, "tee")}; }

HealPolicy policy(const Deadlock& deadlock, const std::vector<Person>& who, std::uint64_t lost = 0,
                  std::vector<std::string> spare = {}) {
    return {deadlock, who, Spared(std::move(spare)), "6.1.0-43", lost, kProvenNs};
}

seen::BlockedTask look(std::int32_t pid, const Stack& stack, std::uint64_t after_ms = 510, char state = 'D') {
    return {pid, "x", state, stack, kProvenNs + after_ms * kNsPerMs};
}

void both_are_seen(HealPolicy& policy) {
    policy.observe(look(kOwner, stack_at_queue));
    policy.observe(look(kFreezer, stack_at_mutex));
}

std::uint64_t ms(std::uint64_t after) { return kProvenNs + after * kNsPerMs; }

TEST(HealPolicy, KillsWhoFrozeTheQueueAfterHalfASecondAndAFreshLook) {
    auto heal = policy(elevator_cycle(), people());
    EXPECT_THAT(heal.to_look_at(ms(499)), IsEmpty());
    EXPECT_FALSE(heal.step(ms(499)));
    EXPECT_THAT(heal.to_look_at(ms(500)), ElementsAre(kFreezer, kOwner));
    EXPECT_FALSE(heal.step(ms(505)));  // not looked at yet
    both_are_seen(heal);
    const auto victim = heal.step(ms(520));
    ASSERT_TRUE(victim);
    EXPECT_EQ(victim->pid, kFreezer);
    heal.observe(seen::Wake{ms(530), kFreezer, Awaited::percpu_mutex()});
    EXPECT_FALSE(heal.step(ms(531)));
    heal.observe(seen::Wake{ms(540), kOwner, Awaited::frozen_queue("vda")});
    EXPECT_FALSE(heal.step(ms(545)));
    EXPECT_TRUE(heal.is_over());
    const auto outcome = heal.outcome();
    EXPECT_TRUE(outcome.recovered);
    EXPECT_THAT(outcome.detail, HasSubstr("SIGKILL to tee[12]"));
    EXPECT_THAT(outcome.detail, HasSubstr("the cycle ended 20 ms after the first"));
}

TEST(HealPolicy, ALookFromBeforeThatCountsForNothing) {
    auto heal = policy(elevator_cycle(), people());
    heal.observe(look(kOwner, stack_at_queue, 100));
    heal.observe(look(kFreezer, stack_at_mutex, 100));
    EXPECT_FALSE(heal.step(ms(520)));
    EXPECT_THAT(heal.to_look_at(ms(520)), ElementsAre(kFreezer, kOwner));
    EXPECT_FALSE(heal.step(ms(6000)));
    EXPECT_TRUE(heal.is_over());
    EXPECT_THAT(heal.refusal(), HasSubstr("could not be looked at"));
}

TEST(HealPolicy, NobodyIsKilledWhereAnyTaskIsFoundElsewhere) {
    for (const auto& other :
         {look(kOwner, {"do_sys_poll+0x1/0x2"}), look(kOwner, stack_at_queue, 510, 'R'), look(kOwner, {})}) {
        auto heal = policy(elevator_cycle(), people());
        heal.observe(look(kFreezer, stack_at_mutex));
        heal.observe(other);
        EXPECT_FALSE(heal.step(ms(520)));
        EXPECT_TRUE(heal.is_over());
        EXPECT_FALSE(heal.outcome().recovered);
        EXPECT_THAT(heal.refusal(), HasSubstr("did not find churn[11] in its wait"));
    }
}

TEST(HealPolicy, NeverOverMemoryNorWhereEventsWereLost) {
    auto over_memory = elevator_cycle();
    over_memory.kind = Deadlock::Kind::livelock;
    auto heal = policy(over_memory, people());
    EXPECT_TRUE(heal.is_over());
    EXPECT_FALSE(heal.step(ms(900)));
    EXPECT_THAT(heal.refusal(), HasSubstr("memory"));
    auto lossy = policy(elevator_cycle(), people(), 1);
    both_are_seen(lossy);
    EXPECT_FALSE(lossy.step(ms(900)));
    EXPECT_THAT(lossy.refusal(), HasSubstr("events were lost: 1"));
}

TEST(HealPolicy, ACycleThatEndsByItselfIsLeftAlone) {
    auto heal = policy(elevator_cycle(), people());
    heal.observe(seen::Wake{ms(10), kFreezer, Awaited::percpu_mutex()});
    both_are_seen(heal);
    EXPECT_FALSE(heal.step(ms(600)));
    EXPECT_TRUE(heal.is_over());
    EXPECT_THAT(heal.refusal(), HasSubstr("had ended before"));
}

/// The owner waits for a queue, which no signal ends: with its freezer spared there is nobody left.
TEST(HealPolicy, OnlyWaitsThatASignalEnds) {
    auto heal = policy(elevator_cycle(), {person(kOwner, "churn"), person(kFreezer, "postgres")});
    both_are_seen(heal);
    EXPECT_FALSE(heal.step(ms(520)));
    EXPECT_TRUE(heal.is_over());
    EXPECT_THAT(heal.refusal(), HasSubstr("postgres[12]: database"));
    EXPECT_THAT(heal.refusal(), HasSubstr("cannot be ended by a signal"));
}

TEST(HealPolicy, AtMostThreeKillsASecondApart) {
    Deadlock chain{Deadlock::Kind::cycle, kProvenNs, {}};
    std::vector<Person> who;
    for (std::int32_t pid = 20; pid < 25; ++pid) {
        chain.tasks.push_back(
            {pid, "t", Awaited::percpu_mutex(), {Awaited::percpu_mutex()}, {"mutex_lock_killable+0x1/0x2"}});
        who.push_back(person(pid, "t"));
    }
    auto heal = policy(chain, who);
    for (std::int32_t pid = 20; pid < 25; ++pid) {
        heal.observe(look(pid, stack_at_mutex));
    }
    std::vector<std::int32_t> killed;
    std::vector<std::uint64_t> when;
    for (std::uint64_t now = 500; now < 9000 && !heal.is_over(); now += 10) {
        if (const auto victim = heal.step(ms(now))) {
            killed.push_back(victim->pid);
            when.push_back(now);
        }
    }
    EXPECT_THAT(killed, ElementsAre(20, 21, 22));
    EXPECT_THAT(when, ElementsAre(500, 1500, 2500));
    EXPECT_TRUE(heal.is_over());
    EXPECT_FALSE(heal.outcome().recovered);
    EXPECT_THAT(heal.outcome().detail, HasSubstr("reboot needed"));
}

TEST(HealPolicy, WhoFrozeTheQueueIsKilledAgainIfItWaitsOnceMore) {
    auto heal = policy(elevator_cycle(), people());
    both_are_seen(heal);
    ASSERT_TRUE(heal.step(ms(510)));
    heal.observe(seen::Wake{ms(520), kFreezer, Awaited::percpu_mutex()});
    heal.observe(seen::Wait{ms(530), kFreezer, "tee", Awaited::percpu_mutex(), kOwner, false, {}});
    EXPECT_FALSE(heal.step(ms(1000)));
    const auto again = heal.step(ms(1600));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->pid, kFreezer);
    EXPECT_FALSE(heal.step(ms(5000)));  // twice is all that one gets
    EXPECT_TRUE(heal.is_over());
}

TEST(HealPolicy, WhoCouldNotBeKilledIsPassedOver) {
    auto heal = policy(elevator_cycle(), people());
    both_are_seen(heal);
    const auto victim = heal.step(ms(510));
    ASSERT_TRUE(victim);
    heal.not_killed(*victim, "another task has its number by now");
    EXPECT_FALSE(heal.step(ms(520)));
    EXPECT_TRUE(heal.is_over());
    EXPECT_FALSE(heal.outcome().recovered);
    EXPECT_THAT(heal.outcome().detail, HasSubstr("another task has its number"));
}

TEST(HealPolicy, OnceGivenUpNobodyIsKilledAnyMore) {
    auto heal = policy(elevator_cycle(), people());
    both_are_seen(heal);
    heal.give_up("events were lost: 1");
    EXPECT_FALSE(heal.step(ms(520)));
    EXPECT_TRUE(heal.is_over());
    EXPECT_THAT(heal.outcome().detail, HasSubstr("nobody was killed: events were lost: 1"));
    auto begun = policy(elevator_cycle(), people());
    both_are_seen(begun);
    ASSERT_TRUE(begun.step(ms(520)));
    begun.give_up("events were lost: 1");
    EXPECT_FALSE(begun.step(ms(2000)));
    EXPECT_FALSE(begun.outcome().recovered);
    EXPECT_THAT(begun.outcome().detail, HasSubstr("SIGKILL to tee[12]"));
    EXPECT_THAT(begun.outcome().detail, HasSubstr("events were lost: 1"));
    EXPECT_THAT(begun.outcome().detail, testing::Not(HasSubstr("reboot needed")));  // that is not known
    auto freed = policy(elevator_cycle(), people());
    both_are_seen(freed);
    ASSERT_TRUE(freed.step(ms(520)));
    freed.give_up("events were lost: 1");  // where all is freed at once, much is told at once
    freed.observe(seen::Wake{ms(530), kFreezer, Awaited::percpu_mutex()});
    freed.observe(seen::Wake{ms(540), kOwner, Awaited::frozen_queue("vda")});
    EXPECT_FALSE(freed.step(ms(545)));
    EXPECT_TRUE(freed.outcome().recovered);
}

/// The end of its wait was missed, whatever a look shows.
TEST(HealPolicy, WhoBeginsAnotherWaitIsNotInThatOfTheCycle) {
    auto heal = policy(elevator_cycle(), people());
    heal.observe(seen::Wait{kProvenNs - 2 * kNsPerMs, kFreezer, "tee", Awaited::percpu_mutex(), kOwner, false, {}});
    EXPECT_FALSE(heal.is_over());  // that is the one, told again
    heal.observe(seen::Wait{ms(300), kFreezer, "tee", Awaited::percpu_mutex(), kOwner, false, {}});
    both_are_seen(heal);
    EXPECT_FALSE(heal.step(ms(520)));
    EXPECT_THAT(heal.refusal(), HasSubstr("tee[12] began another wait"));
}

TEST(HealPolicy, WhoHasAnotherNameMayBeAnother) {
    auto heal = policy(elevator_cycle(), {person(kOwner, "churn"), person(kFreezer, "bash")});
    both_are_seen(heal);
    EXPECT_FALSE(heal.step(ms(520)));
    EXPECT_TRUE(heal.is_over());
    EXPECT_THAT(heal.refusal(), HasSubstr("it was called tee when it began to wait"));
}

TEST(HealPolicy, ADryRunSaysWhomItWouldKill) {
    auto heal = policy(elevator_cycle(), people());
    both_are_seen(heal);
    ASSERT_TRUE(heal.step(ms(510)));
    EXPECT_THAT(heal.plan(), HasSubstr("SIGKILL to tee[12]; never churn[11]"));
}

TEST(Killable, ByTheWaitAndTheKernel) {
    const DeadlockTask by_stack{1, "a", Awaited::percpu_mutex(), {}, {"__mutex_lock_killable_slowpath+0x1/0x2"}};
    const DeadlockTask bare{1, "a", Awaited::percpu_mutex(), {}, {}};
    EXPECT_TRUE(is_killable(by_stack, {}, "4.9"));
    EXPECT_FALSE(is_killable(bare, {}, "6.1"));  // nothing shows how it waits
    EXPECT_TRUE(is_killable(bare, {"pcpu_alloc+0x1/0x2"}, "6.1.0-43"));
    EXPECT_FALSE(is_killable(bare, {"pcpu_alloc+0x1/0x2"}, "4.16.0"));
    EXPECT_FALSE(is_killable(bare, {"pcpu_balance_workfn+0x1/0x2"}, "6.1"));
    EXPECT_FALSE(is_killable({1, "a", Awaited::frozen_queue("vda"), {}, stack_at_queue}, stack_at_queue, "6.1"));
    EXPECT_FALSE(is_killable({1, "a", Awaited::users_of_queue("vda"), {}, {}}, {}, "6.1"));
    EXPECT_FALSE(is_killable({1, "a", Awaited::mutex("elevator_lock", "vda"), {}, {}}, {}, "6.16"));
    EXPECT_TRUE(is_killable({1, "a", Awaited::kswapd(), {}, {}}, {}, "6.1"));
}

TEST(Spared, ByNameOfThreadAndProcessAndByWhatItHas) {
    const Spared spared({"my-*"});
    for (const auto* name :
         {"systemd-journal", "sshd", "qemu-system-x86", "CPU 3/KVM", "libvirtd", "iscsid", "multipathd", "nbd-client",
          "ceph-osd", "lvmetad", "corosync", "postgres", "mysqld", "mariadbd", "my-job", "blkhang-watch"}) {
        EXPECT_TRUE(spared.why(person(5, name))) << name;
        auto thread = person(5, "worker");
        thread.process_comm = name;
        thread.process = 4;
        EXPECT_TRUE(spared.why(thread)) << name;
    }
    for (const auto* name : {"tee", "bash", "dd", "stress-ng-vm", "runc", "udev-worker"}) {
        EXPECT_FALSE(spared.why(person(5, name))) << name;
    }
    auto machine = person(5, "tee");
    machine.has_kvm = true;
    EXPECT_TRUE(spared.why(machine));
    auto container = person(5, "entry.sh");
    container.is_container = true;
    EXPECT_TRUE(spared.why(container));
    auto own = person(5, "tee");
    own.ours = true;
    EXPECT_TRUE(spared.why(own));
    auto kernel = person(5, "kworker/0:1");
    kernel.kernel_thread = true;
    EXPECT_TRUE(spared.why(kernel));
    EXPECT_TRUE(spared.why(person(1, "tee")));
    EXPECT_TRUE(spared.why(Person{.pid = 5, .comm = "tee"}));  // could not be read
}

/// Who spares a name that the kernel cuts means the process whose name was cut.
TEST(Spared, APatternThatIsLongerThanNamesFitsThoseThatWereCut) {
    EXPECT_TRUE(Spared({"a-very-long-daemon"}).why(person(5, "a-very-long-dae")));
    EXPECT_TRUE(Spared({"a-very-long-daemon*"}).why(person(5, "a-very-long-dae")));
    EXPECT_TRUE(Spared({"[ab]-very-long-d?emon"}).why(person(5, "b-very-long-dae")));
    EXPECT_FALSE(Spared({"a-very-long-daemon"}).why(person(5, "a-very-long-d")));  // that is all of its name
    EXPECT_FALSE(Spared({"a-very-long-daemon"}).why(person(5, "b-very-long-dae")));
    EXPECT_FALSE(
        Spared({"*-backup"}).why(person(5, "stress-ng-vm-12")));  // as short as names, it means them as they are
}

/// The kernel cuts names: a longer pattern without a wildcard would fit nobody.
TEST(Spared, PatternsFitNamesAsTheKernelHasThem) {
    std::set<std::string_view> globs;
    for (const auto& row : spared_rows()) {
        EXPECT_LE(row.glob.size(), 15U) << row.glob;
        EXPECT_FALSE(row.what.empty());
        EXPECT_TRUE(globs.insert(row.glob).second) << row.glob;
        EXPECT_NE(row.glob, "*");
    }
}

}  // namespace
}  // namespace blkhang
