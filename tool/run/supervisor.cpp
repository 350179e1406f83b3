// SPDX-License-Identifier: GPL-2.0-only
#include "run/supervisor.h"

#include <signal.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "judge/load_left.h"
#include "judge/trigger_field.h"
#include "run/short_proof.h"
#include "run/survive.h"

namespace blkhang {
namespace {

constexpr auto kPollPeriod = std::chrono::milliseconds(5);
constexpr std::uint64_t kReportPeriodNs = 500'000'000;
/// A wait this long is worth sending out; contention on a loaded machine ends far sooner.
constexpr std::uint64_t kLastingWaitNs = 200'000'000;
constexpr std::uint64_t kPageSize = 4096;
/// A wait this long is no longer contention.
constexpr std::uint64_t kStallNs = 5'000'000'000;
/// Programs that were preempted half way through a call need a while to finish it: half a second was too short for
/// three of them in a guest that shared two CPUs with two more. Costs time only where some are not done.
constexpr auto kSettleTime = std::chrono::seconds(3);
constexpr auto kEvidenceTime = std::chrono::seconds(5);
/// From one look at the tasks of a cycle to the next: a task that sleeps in its wait both times did not just pass by.
constexpr auto kBetweenLooks = std::chrono::milliseconds(300);
constexpr auto kSecondLookTime = std::chrono::seconds(1);
/// A few hundred lines, which a console that is emulated may have to take one character at a time.
constexpr auto kLockListTime = std::chrono::seconds(5);
/// From one look at tasks whose waits are in doubt to the next.
constexpr std::uint64_t kDoubtPeriodNs = 1'000'000'000;
/// For what the last of it did to others to show.
constexpr auto kAfterItsEnd = std::chrono::milliseconds(100);
/// Far more than comes of a load that was killed.
constexpr std::size_t kMostHeldBack = 4096;

/// Neither init nor this process, one of whose threads may be caught in the cycle. A session is asked for without any
/// lock that a task which hangs could hold.
bool may_be_killed(std::int32_t pid, Healing healing) {
    return pid > 1 && ::tgkill(::getpid(), pid, 0) != 0 && healing != Healing::forbidden &&
           (healing == Healing::allowed || ::getsid(pid) == ::getsid(0));
}

/// A trigger that is stuck in the kernel has one attempt more than successes and failures.
void count_triggers(const LoadCounters& load, seen::Counters& counters) {
    std::optional<std::uint64_t> fewest;
    std::optional<std::uint64_t> fewest_trials;
    for (const TriggerCounters& one : load.triggers) {
        const std::string name = one.name.data();
        if (name.empty()) {
            continue;
        }
        const std::uint64_t successes = one.successes;
        const std::uint64_t trials = one.trials;
        fewest = std::min(fewest.value_or(successes), successes);
        fewest_trials = std::min(fewest_trials.value_or(trials), trials);
        counters.load[trigger_field(name, trigger_count::kAttempts)] = one.attempts;
        counters.load[trigger_field(name, trigger_count::kSuccesses)] = successes;
        counters.load[trigger_field(name, trigger_count::kTrials)] = trials;
        counters.load[trigger_field(name, trigger_count::kFailures)] = one.failures;
        counters.load[trigger_field(name, trigger_count::kPauseMs)] = one.pause_ms;
        counters.load[trigger_field(name, trigger_count::kAtMost)] = one.at_most;
        if (one.failures > 0) {
            counters.load[trigger_field(name, trigger_count::kErrno)] =
                static_cast<std::uint64_t>(one.last_errno.load());
        }
    }
    if (fewest) {
        counters.coverage["trigger_successes"] = *fewest;
        counters.coverage[std::string(kTriggerTrials)] = *fewest_trials;
    }
}

}  // namespace

Supervisor::Supervisor(Watcher& watcher, const LoadCounters& load, GuestTally guests, Meter& meter,
                       BlockedTaskFinder& finder, EvidenceSink& evidence, Ballast ballast, Judge judge, Healing healing,
                       BeginStandingHang begin_standing_hang)
    : watcher_(watcher),
      load_(load),
      guests_(std::move(guests)),
      meter_(meter),
      finder_(finder),
      evidence_(evidence),
      ballast_(std::move(ballast)),
      relay_(std::move(judge), kLastingWaitNs, [this](const Observation& observation) { send(observation); }),
      healing_(healing),
      begin_standing_hang_(std::move(begin_standing_hang)) {
    messages_.reserve(Meter::kMostMessages);
}

void Supervisor::supervise(std::chrono::seconds duration, std::chrono::seconds patience) {
    supervise_to_the_end(duration, patience);
    relay_.send_rest();  // all that is known here: out there it is judged once more
}

void Supervisor::supervise_to_the_end(std::chrono::seconds duration, std::chrono::seconds patience) {
    locked_bytes_ = locked_memory().value_or(0);
    const auto end = Deadline::after(duration);
    const auto late_end = Deadline::after(duration + patience);
    const auto last_end = Deadline::after(duration + patience + kLivelockTime);
    while (!end.passed() || (!late_end.passed() && more_load_may_help_) ||
           (!last_end.passed() && livelock_may_become_a_hang())) {
        if (conclude_if_proven()) {
            return;
        }
        report_progress(monotonic_ns());
        hand_on_what_was_found();
        std::this_thread::sleep_for(kPollPeriod);
    }
    if (conclude_if_proven()) {
        return;
    }
    relay_.send_time();  // before what follows changes anything: a stall lasted until here
    look_into_a_stall();
    if (lost_events_ > 0 && conclude_if_proven()) {  // what was in doubt may be known now
        return;
    }
    watcher_.drain_to_the_end([this](const Observation& observation) { relay_.take_in(observation); },
                              Deadline::after(kSettleTime));
    watcher_.look_for_losses();
    if (judge_losses()) {  // else no time passes any more: what was looked at since has changed the machine
        relay_.report(all_counters(), monotonic_ns());
    } else {
        send_counters();
    }
}

void Supervisor::watch_it_stop(const std::function<bool()>& is_gone, std::chrono::milliseconds patience) {
    if (relay_.judge().deadlock()) {
        return;
    }
    const bool watches = watcher_.watches_on();
    holds_back_ = watches;
    auto end = Deadline::after(patience);
    bool gone = false;
    while (!end.passed() && held_back_.size() < kMostHeldBack) {
        if (watches && conclude_if_proven()) {
            relay_.send_rest();
            return;
        }
        if (!gone && is_gone()) {
            gone = true;
            end = Deadline::after(kAfterItsEnd);
        }
        std::this_thread::sleep_for(kPollPeriod);
    }
    if (!gone && end.passed()) {
        tell_of_what_is_left();
    }
}

/// Not of what was lost since the load ended, of which nothing was to be told.
void Supervisor::tell_of_what_is_left() {
    auto counters = all_counters();
    counters.lost_events = lost_events_;
    counters.load[std::string(seen::kLoadLeft)] = 1;
    evidence_.send(counters);
    finder_.collect({}, Deadline::after(kSecondLookTime),
                    [this](const seen::BlockedTask& task) { evidence_.send(task); });
}

void Supervisor::send(const Observation& observation) {
    if (holds_back_) {
        held_back_.push_back(observation);
    } else {
        evidence_.send(observation);
    }
}

void Supervisor::send_what_was_held_back() {
    holds_back_ = false;
    for (const auto& observation : held_back_) {
        evidence_.send(observation);
    }
    held_back_.clear();
}

/// Only one that stands to the end of the run, and long enough, is a hang: the end has to wait for it.
bool Supervisor::livelock_may_become_a_hang() const {
    const auto livelock = relay_.judge().livelock();
    return livelock && livelock->stands && livelock->lasted_ns < kLivelockHangsNs;
}

bool Supervisor::conclude_if_proven() {
    // Taken first: a wake that arrives while the ring is drained must not look as if it were missing.
    const auto now = monotonic_ns();
    drain();
    judge_losses();
    relay_.time_is(now);
    const auto deadlock = relay_.judge().deadlock();
    if (!deadlock) {
        return false;
    }
    send_what_was_held_back();
    announce(*deadlock, monotonic_ns());
    // The end of a wait may have been missed: what stands is told again, so that the proof does.
    watcher_.look_for_losses();
    if (judge_losses()) {
        relay_.send_rest();
    }
    if (begin_standing_hang_) {
        standing_hang_ = begin_standing_hang_(*deadlock, lost_events_, watcher_.lost(), monotonic_ns());
    }
    Recovery recovery(
        *deadlock, [this](std::int32_t pid) { return may_be_killed(pid, healing_); }, monotonic_ns(), progress());
    const auto second_look = Deadline::after(kBetweenLooks);
    gather_evidence(pids_of(*deadlock));
    while (!second_look.passed()) {
        drain(recovery);
        std::this_thread::sleep_for(kPollPeriod);
    }
    drain(recovery);
    look({.first = pids_of(*deadlock), .whole = false}, kSecondLookTime);
    list_held_locks();
    if (healing_ != Healing::forbidden) {
        try_to_recover(std::move(recovery));
    }
    if (standing_hang_) {
        stand_by();
    }
    return true;
}

/// Whether events were lost since it was last asked. The end of a wait may be among them. What is still open is told
/// again; a wait that is not stays in doubt, and its task is looked at.
bool Supervisor::judge_losses() {
    if (watcher_.lost() + left_out_ == lost_events_) {
        return false;
    }
    auto counters = all_counters();
    lost_events_ = counters.lost_events + left_out_;
    relay_.take_in(std::move(counters));
    watcher_.retell([this](const Observation& observation) { take_in(observation); });
    return true;
}

void Supervisor::take_in(const Observation& observation) {
    if (standing_hang_) {
        standing_hang_->observe(observation);
    }
    relay_.take_in(observation);
}

void Supervisor::drain() {
    watcher_.drain([this](const Observation& observation) { take_in(observation); });
}

void Supervisor::drain(Recovery& recovery) {
    watcher_.drain([&](const Observation& observation) {
        take_in(observation);
        recovery.observe(observation);
    });
}

void Supervisor::report_progress(std::uint64_t now_ns) {
    if (now_ns - last_report_ns_ < kReportPeriodNs) {
        return;
    }
    last_report_ns_ = now_ns;
    watcher_.look_for_losses();  // not only at the end: a guest that dies has none
    left_out_ = relay_.judge().left_out();
    judge_losses();
    look_at_guests(now_ns);
    auto counters = all_counters();
    stall_looks_.observe(counters);
    relay_.report(std::move(counters), now_ns);
    more_load_may_help_ = lost_events_ == 0 && relay_.judge().judgement().verdict == Verdict::inconclusive;
    look_from_time_to_time(now_ns);
    send_messages();
}

void Supervisor::look_at_guests(std::uint64_t now_ns) {
    meter_.each_guest([this](std::uint32_t guest, std::uint64_t bytes) { guests_.counted(guest, bytes); });
    for (std::uint32_t i = 0; i < guests_.count(); ++i) {
        const auto& own = load_.guests.at(i);
        if (guests_.told(i, own.blocks, own.ended != 0)) {
            evidence_.send(
                seen::Note{now_ns, fmt::format("virtual machine {} of the load ended by itself, which it should "
                                               "not{}",
                                               i + 1, own.words.data())});
        }
    }
}

seen::Counters Supervisor::all_counters() const {
    auto counters = watcher_.counters();
    const auto guests = guests_.sum();
    const auto ios = load_.writer_ios + load_.member_ios + guests.blocks_told;
    counters.coverage["cgroups_created"] = load_.cgroups_created;
    counters.coverage["maps_created"] = load_.maps_created + load_.namespaces_created;
    counters.coverage["writer_ios"] = ios;
    counters.coverage["swapped_out_pages"] = meter_.swapped_out_pages();
    counters.load = {
        {"writers", load_.writers + load_.member_writers + guests.have_written},
        {"steady_writers", load_.writers},
        {"member_writers", load_.member_writers},
        {"ios", ios},
        {"writer_ios", load_.writer_ios},
        {"member_ios", load_.member_ios},
        {"bytes_written", load_.bytes_written + guests.bytes_told},
        {"write_failures", load_.write_failures},
        {"cgroups_created", load_.cgroups_created},
        {"cgroups_removed", load_.cgroups_removed},
        {"cgroup_failures", load_.cgroup_failures},
        {"maps_created", load_.maps_created},
        {"map_failures", load_.map_failures},
        {"locked_bytes", locked_bytes_},
        {"swapped_out", meter_.swapped_out_pages() * kPageSize},
        {"free_bytes", meter_.free_pages() * kPageSize},
    };
    if (guests_.count() > 0) {
        counters.coverage["guests"] = guests.write;
        counters.load["guests"] = guests.write;
        counters.load["guests_ended"] = guests.ended;
        counters.load["guest_bytes"] = guests.bytes;
        counters.load["guest_bytes_told"] = guests.bytes_told;
        counters.load["guest_bytes_least"] = guests.least;
    }
    if (load_.namespaces_created + load_.namespace_failures > 0) {
        counters.load["namespaces_created"] = load_.namespaces_created;
        counters.load["namespace_failures"] = load_.namespace_failures;
    }
    if (const auto missed = meter_.missed_messages(); missed > 0) {
        counters.load[std::string(seen::kMissedMessages)] = missed;
    }
    count_triggers(load_, counters);
    meter_.each_byte_count([&](const std::string& name, std::uint64_t bytes) { counters.load[name] = bytes; });
    return counters;
}

void Supervisor::send_messages() {
    meter_.take_messages(messages_);
    for (const auto& message : messages_) {
        evidence_.send(message);
    }
}

void Supervisor::send_counters() { relay_.take_in(all_counters()); }

/// At who is blocked where nothing moves, and at the tasks whose waits are in doubt.
void Supervisor::look_from_time_to_time(std::uint64_t now_ns) {
    if (stall_looks_.due(now_ns) &&
        finder_.ask({.first = relay_.digest().holders_of_waits_longer_than(kStallNs, now_ns)})) {
        stall_looks_.looked(now_ns);
        return;
    }
    const auto doubted = relay_.digest().doubted();
    if (!doubted.empty() && now_ns - looked_at_doubted_ns_ >= kDoubtPeriodNs) {
        looked_at_doubted_ns_ = now_ns;
        finder_.ask({.first = doubted, .whole = false});
    }
}

/// First by the way that neither wants memory nor can get stuck. Then the ballast is dropped, for the kernel's sake: in
/// guests without KVM that took 7 ms, and 105 ms once. Then the proof with its stacks, in one line, so that a machine
/// that dies after it has told all that is needed to judge it.
void Supervisor::announce(const Deadlock& deadlock, std::uint64_t detected_ns) {
    const auto proof = relay_.proof_of(deadlock, detected_ns);
    const bool is_out = evidence_.send_at_once(short_proof(proof));
    const auto out_ns = monotonic_ns();
    ballast_.drop();
    evidence_.send(proof);
    evidence_.send(seen::ProofWritten{is_out ? out_ns : monotonic_ns()});
    relay_.send_rest();
}

/// One per turn of the loop: fifty stacks in a row would keep it from its watch.
void Supervisor::hand_on_what_was_found() {
    if (const auto task = finder_.take()) {
        relay_.take_in(*task);
    }
}

/// No progress is no proof; but who is blocked where, and what those do for whom others have waited so long, is what
/// there is to learn from it.
void Supervisor::look_into_a_stall() {
    const auto now = monotonic_ns();
    auto holders = relay_.digest().holders_of_waits_longer_than(kStallNs, now);
    if (!holders.empty() || stall_looks_.stands(now)) {
        gather_evidence(std::move(holders));
    }
}

void Supervisor::gather_evidence(std::vector<std::int32_t> suspects) {
    relay_.take_in(seen::Phase{monotonic_ns(), "evidence"});
    ballast_.drop();
    send_counters();
    look({.first = std::move(suspects)}, kEvidenceTime);
    send_messages();
}

void Supervisor::look(Look whom, std::chrono::milliseconds patience) {
    finder_.collect(std::move(whom), Deadline::after(patience),
                    [this](const seen::BlockedTask& task) { take_in(task); });
}

LoadProgress Supervisor::progress() const {
    return {load_.cgroups_created, load_.maps_created + load_.namespaces_created,
            load_.writer_ios + load_.member_ios + guests_.sum().blocks_told};
}

/// While the tasks of the cycle still hold theirs, and when all else has left: the kernel may take long to print them.
/// Only in a machine that is all ours, as the kernel's log of others is not.
void Supervisor::list_held_locks() {
    if (healing_ == Healing::allowed) {
        look({.first = {}, .whole = false, .lists_locks = true}, kLockListTime);
        send_messages();
    }
}

/// Last of all: it changes what the evidence before it shows.
void Supervisor::try_to_recover(Recovery recovery) {
    relay_.take_in(seen::Phase{monotonic_ns(), std::string(seen::kRecoveryPhase)});
    while (!recovery.is_over()) {
        const auto now = monotonic_ns();
        drain(recovery);
        // Asked again: on a host, who had that number may have ended, and somebody else have it by now.
        if (const auto pid = recovery.step(now, progress()); pid && may_be_killed(*pid, healing_)) {
            relay_.take_in(seen::Kill{monotonic_ns(), *pid});
            ::kill(*pid, SIGKILL);
        }
        std::this_thread::sleep_for(kPollPeriod);
    }
    relay_.take_in(recovery.outcome());
    send_messages();
}

/// Whatever becomes of the hang, the load is left as it is meanwhile.
void Supervisor::stand_by() {
    for (;;) {
        const auto now = monotonic_ns();
        drain();
        judge_losses();
        relay_.time_is(now);
        if (auto pids = standing_hang_->to_look_at(now); !pids.empty()) {
            look({.first = std::move(pids), .whole = false}, kSecondLookTime);
            watcher_.look_for_losses();
            drain();
            judge_losses();
        }
        if (!standing_hang_->goes_on(monotonic_ns(), watcher_.lost(), relay_.judge().deadlock().has_value())) {
            return;
        }
        send_messages();
        std::this_thread::sleep_for(kPollPeriod);
    }
}

}  // namespace blkhang
