// SPDX-License-Identifier: GPL-2.0-only
#include "watch/rehearsal.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "record/stream.h"
#include "run/made_up_watcher.h"
#include "watch/kernel_log_marks.h"
#include "watch/people.h"

namespace blkhang {
namespace {

// Beyond the largest that a kernel gives out.
constexpr std::int32_t kOwner = 1 << 23;
constexpr std::int32_t kFreezer = kOwner + 1;
constexpr std::string_view kDisk = "rehearsal";
/// The cycle has to stand for half a second before it is healed; there is no more to be seen after that.
constexpr auto kLongest = std::chrono::seconds(3);
constexpr std::uint64_t kLongAgoNs = 100 * kNsPerS;

seen::Wait owner_waits(std::uint64_t at_ns) {
    return {at_ns, kOwner, "rehearsal", Awaited::frozen_queue(kDisk), 0, true, {"__bio_queue_enter+0x1/0x2"}, {}, true};
}
seen::Wait freezer_waits(std::uint64_t at_ns) {
    return {at_ns, kFreezer, "rehearsal", Awaited::percpu_mutex(), kOwner, false, {"pcpu_alloc+0x1/0x2"}};
}
seen::Freeze freeze(std::uint64_t at_ns, bool frozen) {
    return {at_ns, kFreezer, "rehearsal", std::string(kDisk), frozen};
}
seen::Edge edge(Scope outer, Scope inner) {
    return {1, outer, inner, kOwner, "rehearsal", 0, {"submit_bio_noacct+0x1/0x2"}, std::string(kDisk)};
}

/// With something to count.
class RehearsalWatcher final : public MadeUpWatcher {
public:
    [[nodiscard]] seen::Counters counters() const override {
        return {monotonic_ns(), {{Scope::reclaim, Scope::swap_out, 1}}, {{"rehearsal", 1}}, {}, lost()};
    }
};

/// Nobody is killed, though this is asked as on a real machine.
class MadeUpPeople final : public People {
public:
    explicit MadeUpPeople(MadeUpWatcher& watcher) : watcher_(watcher) {}
    std::vector<Person> identify(const std::vector<std::int32_t>& pids) override {
        // Who we are ourselves is read and held on to, and killing one who is not the same is refused.
        auto us = real_.identify({::getpid()});
        us.front().start_ticks = 0;
        static_cast<void>(real_.kill(us.front()));
        std::vector<Person> people;
        people.reserve(pids.size());
        for (const auto pid : pids) {
            people.push_back({.pid = pid,
                              .process = pid,
                              .comm = "rehearsal",
                              .process_comm = "rehearsal",
                              .start_ticks = 1,
                              .found = true});
        }
        return people;
    }
    Status kill(const Person& /*person*/) override {
        const auto now = monotonic_ns();
        watcher_.arrives.push_back({seen::Wake{now, kFreezer, Awaited::percpu_mutex()}, freeze(now, false),
                                    seen::Wake{now, kOwner, Awaited::frozen_queue(kDisk)}});
        return {};
    }

private:
    MadeUpWatcher& watcher_;
    MachinePeople real_;
};

/// Each way out makes lines of what it gets; the kernel's log is another file here.
class MadeUpEvidence final : public EvidenceSink {
public:
    void send(const Observation& observation) override {
        static_cast<void>(encode(observation));
        marks_.send(observation);
    }
    bool send_at_once(std::string_view /*short_proof*/) override { return true; }
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override { return {}; }

private:
    KernelLogMarks marks_{"/dev/null"};
};

/// The host stays as it is.
class MadeUpResort final : public LastResort {
public:
    explicit MadeUpResort(LastResort& real) : real_(real) {}
    [[nodiscard]] bool is_begun() const { return begun_; }

    [[nodiscard]] std::string what() const override { return real_.what(); }
    Status begin() override {
        real_.rehearse();
        begun_ = true;
        return {};
    }
    void cancel() override {}

private:
    LastResort& real_;
    bool begun_ = false;
};

void act(MadeUpWatcher& watcher, BlockedTaskFinder& finder, const History& history, VigilOutlet& outlet,
         VigilTerms terms, const std::function<bool(const Vigil&, const MadeUpWatcher&)>& is_enough,
         LastResort* last_resort = nullptr) {
    MadeUpEvidence evidence;
    MadeUpPeople people(watcher);
    Vigil vigil(watcher, finder, evidence, outlet, people, History(history.hello(), history.tier()), std::move(terms),
                last_resort);
    const auto end = Deadline::after(kLongest);
    vigil.watch([&] { return !end.passed() && !is_enough(vigil, watcher); });
}

}  // namespace

void find_blocked_tasks_or_rehearse(const Look& look, const std::function<void(seen::BlockedTask)>& sink) {
    if (std::ranges::none_of(look.first, [](std::int32_t pid) { return pid >= kOwner; })) {
        find_blocked_tasks("/proc", look, sink);
        return;
    }
    for (const auto pid : look.first) {
        const char* frame = pid == kOwner ? "__bio_queue_enter+0x1/0x2" : "pcpu_alloc+0x1/0x2";
        sink({pid, "rehearsal", 'D', {frame, "submit_bio_noacct+0x1/0x2"}, monotonic_ns()});
    }
}

void rehearse(Watcher& watcher, BlockedTaskFinder& finder, const History& history, VigilOutlet& outlet,
              LastResort* last_resort) {
    watcher.rehearse([](const Observation& observation) { static_cast<void>(encode(observation)); });
    finder.collect({.first = {::getpid()}}, Deadline::after(std::chrono::seconds(1)), [](const seen::BlockedTask&) {});

    const auto now = monotonic_ns();
    RehearsalWatcher hangs;
    hangs.arrives = {{freeze(now, true), owner_waits(now), freezer_waits(now)}};
    hangs.standing = hangs.arrives.front();
    VigilTerms heal{.heal = VigilTerms::Heal::on};
    act(hangs, finder, history, outlet, std::move(heal), [](const Vigil& vigil, const MadeUpWatcher&) {
        return vigil.status().findings.at(std::string(to_string(Finding::Kind::hang))) > 0;
    });

    if (last_resort != nullptr) {
        RehearsalWatcher stands;
        stands.arrives = {hangs.standing};
        stands.standing = hangs.standing;
        MadeUpResort resort(*last_resort);
        act(
            stands, finder, history, outlet, {.give_up = std::chrono::milliseconds(0)},
            [&](const Vigil& /*vigil*/, const MadeUpWatcher& /*made_up*/) { return resort.is_begun(); }, &resort);
    }

    const auto is_done = [](const Vigil& /*vigil*/, const MadeUpWatcher& made_up) { return made_up.arrives.empty(); };
    RehearsalWatcher stalls;
    const auto since = now - std::min(now, kLongAgoNs);
    // Two of whom one waits for memory, another who has waited for long, and two edges that make a cycle.
    stalls.arrives = {{seen::Wait{since, kOwner, "rehearsal", Awaited::memory(), 0, true, {}},
                       seen::Wait{since, kFreezer, "rehearsal", Awaited::percpu_mutex(), kOwner, false, {}, {}, true},
                       seen::Wait{since, kOwner + 2, "rehearsal", Awaited::frozen_queue(kDisk), 0, false, {}}},
                      {edge(Scope::percpu_mutex, Scope::submit_bio), edge(Scope::queue_frozen, Scope::percpu_alloc)}};
    act(stalls, finder, history, outlet, {.heal = VigilTerms::Heal::dry_run}, is_done);

    RehearsalWatcher losses;
    losses.dropped = {0, 1};
    losses.arrives = {{owner_waits(now)}, {}, {}};
    losses.standing = losses.arrives.front();
    VigilTerms short_stretches;
    short_stretches.stretch = std::chrono::seconds(0);
    act(losses, finder, history, outlet, std::move(short_stretches), is_done);
}

}  // namespace blkhang
