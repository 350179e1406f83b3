// SPDX-License-Identifier: GPL-2.0-only
#include "judge/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "base/words.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, 6> kVerdictNames{"error",       "hang",         "hazard",
                                                        "unsupported", "inconclusive", "clean"};

/// A scope as a kernel engineer would say "entered ...".
std::string_view in_words(Scope scope) {
    switch (scope) {
        case Scope::percpu_alloc:
            return "a per-CPU allocation with GFP_KERNEL";
        case Scope::percpu_alloc_noio:
            return "a per-CPU allocation with GFP_NOIO";
        case Scope::percpu_alloc_nowait:
            return "a per-CPU allocation that may not block";
        case Scope::percpu_balance:
            return "pcpu_balance_workfn";
        case Scope::percpu_mutex:
            return "pcpu_alloc_mutex";
        case Scope::reclaim:
            return "reclaim";
        case Scope::reclaim_noio:
            return "reclaim that may start no IO";
        case Scope::submit_bio:
            return "bio submission";
        case Scope::blk_throtl:
            return "the block throttle";
        case Scope::swap_out:
            return "swap-out";
        case Scope::queue_frozen:
            return "a frozen queue";
        case Scope::queue_enter:
            return "the wait for a frozen queue";
        case Scope::blkg_conf:
            return "the setting of a cgroup's limits";
        case Scope::blkcg_mutex:
            return "blkcg_mutex";
        case Scope::rq_qos_mutex:
            return "rq_qos_mutex";
    }
    return to_string(scope);
}

/// A cycle over memory shorter than this is what any machine short of memory goes through.
constexpr std::uint64_t kLivelockNs = 5 * kNsPerS;

std::string seconds(std::uint64_t ns) { return fmt::format("{:.1f} s", static_cast<double>(ns) / kNsPerS); }

/// What a task has that others wait for; empty if it need not be said.
std::string possession(std::string_view held) {
    if (held == kKswapd) {
        return {};
    }
    if (held == kMemory) {
        return "could free memory";
    }
    if (held.starts_with(kFrozenQueue)) {
        return fmt::format("has queue {} frozen", held.substr(kFrozenQueue.size()));
    }
    if (held.starts_with(kQueueUsers)) {
        return fmt::format("uses queue {}", held.substr(kQueueUsers.size()));
    }
    return fmt::format("owns {}", held);
}

std::string times(std::uint64_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

std::uint64_t closed_ns(const std::vector<const seen::Wait*>& cycle) {
    std::uint64_t latest = 0;
    for (const auto* wait : cycle) {
        latest = std::max(latest, wait->at_ns);
    }
    return latest;
}

/// `cycle` is not empty; what a task holds up is what the one before it waits for. The owner of pcpu_alloc_mutex, whose
/// misfortune the story is about, comes first.
Deadlock deadlock_of(std::vector<const seen::Wait*> cycle) {
    const auto owner =
        std::find_if(cycle.begin(), cycle.end(), [](const auto* wait) { return owns_percpu_mutex(*wait); });
    if (owner != cycle.end()) {
        std::rotate(cycle.begin(), owner, cycle.end());
    }
    const bool over_memory = std::ranges::any_of(cycle, [](const auto* w) { return w->kind == WaitKind::memory; });
    const auto kind = over_memory         ? Deadlock::Kind::livelock
                      : cycle.size() == 1 ? Deadlock::Kind::self
                                          : Deadlock::Kind::cycle;
    Deadlock deadlock{kind, closed_ns(cycle), {}};
    const seen::Wait* before = cycle.back();
    for (const auto* wait : cycle) {
        deadlock.tasks.push_back({wait->pid, wait->comm, wait->what, {before->what}, wait->stack});
        before = wait;
    }
    return deadlock;
}

}  // namespace

std::string_view to_string(Verdict verdict) { return kVerdictNames.at(static_cast<std::size_t>(verdict)); }

std::optional<Verdict> verdict_from(std::string_view name) {
    const auto* const found = std::find(kVerdictNames.begin(), kVerdictNames.end(), name);
    if (found == kVerdictNames.end()) {
        return std::nullopt;
    }
    return static_cast<Verdict>(found - kVerdictNames.begin());
}

std::string_view to_string(Deadlock::Kind kind) {
    switch (kind) {
        case Deadlock::Kind::self:
            return "self";
        case Deadlock::Kind::cycle:
            return "cycle";
        case Deadlock::Kind::livelock:
            return "livelock";
    }
    return "unknown";
}

std::string role(const std::vector<std::string>& holds, std::string_view waits_for) {
    std::vector<std::string> parts;
    for (const auto& held : holds) {
        if (auto part = possession(held); !part.empty()) {
            parts.push_back(std::move(part));
        }
    }
    parts.push_back(
        fmt::format("waits for {}{}", waits_for, waits_for == kMemory ? " that it cannot get by itself" : ""));
    return fmt::format("{}", fmt::join(parts, " and "));
}

std::string role_alone(std::string_view waits_for) {
    return fmt::format("waits for {}, which it {} itself", waits_for,
                       waits_for.starts_with(kFrozenQueue) ? "froze" : "owns");
}

std::string describe(const Deadlock& deadlock) {
    std::vector<std::string> parts;
    for (const auto& task : deadlock.tasks) {
        parts.push_back(fmt::format(
            "{} {}", task_name(task.comm, task.pid),
            deadlock.kind == Deadlock::Kind::self ? role_alone(task.waits_for) : role(task.holds, task.waits_for)));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

Judge::Judge(Demands demands) : demands_(std::move(demands)) {}

void Judge::observe(const Observation& observation) {
    std::visit(
        [this](const auto& one) {
            if constexpr (requires { this->on(one); }) {
                this->on(one);
            }
        },
        observation);
}

void Judge::on(const seen::Hello& hello) {
    const auto is = [&hello](std::string_view name, std::string_view value) {
        const auto found = hello.fingerprints.find(std::string(name));
        return found != hello.fingerprints.end() && found->second == value;
    };
    noio_takes_mutex_ = is(kNoioTakesMutex, "yes");
    noio_spares_mutex_ = is(kNoioTakesMutex, "no");
    owner_may_start_no_io_ = is(kPercpuBackingNoio, "yes");
}

void Judge::on(const seen::Edge& edge) { nesting_.saw(edge.outer, edge.inner, edge.disk); }

void Judge::on(const seen::Counters& counters) {
    counted_ = true;
    counts_ = {counters.coverage.begin(), counters.coverage.end()};
    counts_.try_emplace(std::string(kTrials), count_of(demands_.trial));  // older streams name their trials themselves
    for (const auto& edge : counters.edges) {
        nesting_.count(edge.outer, edge.inner, edge.count);
        // Seen to wait for the mutex from there: as good as a fingerprint.
        noio_takes_mutex_ |= edge.outer == Scope::percpu_alloc_noio && edge.inner == Scope::percpu_mutex;
    }
    if (counters.lost_events > lost_events_) {
        waits_.forget_open_waits();
        livelock_.reset();  // the end of one of its waits may be among what was lost
    }
    lost_events_ = std::max(lost_events_, counters.lost_events);
}

void Judge::on(const seen::Wait& wait) {
    waits_.begin(wait);
    if (deadlock_) {
        return;
    }
    const bool for_its_own = wait.kind == WaitKind::mutex && wait.what == kPercpuMutex && owns_percpu_mutex(wait);
    if (for_its_own) {
        deadlock_ = deadlock_of({&wait});  // nothing can change this any more: no need to let it stand
    }
}

void Judge::on(const seen::Wake& wake) { waits_.end(wake); }

void Judge::on(const seen::Freeze& freeze) { waits_.change(freeze); }

void Judge::on(const seen::Tick& tick) { time_is(tick.at_ns); }

void Judge::on(const seen::Proof& proof) { time_is(proof.detected_ns); }

void Judge::on(const seen::Unsupported& unsupported) {
    unsupported_.insert(unsupported_.end(), unsupported.reasons.begin(), unsupported.reasons.end());
}

void Judge::on(const seen::Failure& failure) {
    if (!deadlock_) {  // what breaks on a machine that hangs says nothing against the proof
        failures_before_proof_.push_back(failure.message);
    }
}

void Judge::time_is(std::uint64_t at_ns) {
    now_ns_ = std::max(now_ns_, at_ns);
    if (deadlock_) {
        return;
    }
    const auto cycle = waits_.cycle();
    if (!cycle.empty() && closed_ns(cycle) + demands_.persist_ns <= now_ns_) {
        deadlock_ = deadlock_of(cycle);
    }
    look_for_livelock();
}

void Judge::look_for_livelock() {
    const auto cycle = waits_.livelock();
    if (livelock_) {
        livelock_->stands = false;
    }
    if (cycle.empty() || closed_ns(cycle) > now_ns_) {
        return;
    }
    const auto lasted_ns = now_ns_ - closed_ns(cycle);
    if (!livelock_ || lasted_ns >= livelock_->lasted_ns) {
        livelock_ = Livelock{deadlock_of(cycle), lasted_ns, true};
    }
}

std::optional<Livelock> Judge::livelock() const {
    return livelock_ && livelock_->lasted_ns >= kLivelockNs ? livelock_ : std::nullopt;
}

std::optional<Deadlock> Judge::standing_cycle() const {
    const auto cycle = waits_.cycle();
    if (cycle.empty() || closed_ns(cycle) > now_ns_) {
        return std::nullopt;
    }
    return deadlock_of(cycle);
}

std::uint64_t Judge::count_of(std::string_view id) const {
    const auto found = counts_.find(id);
    return found == counts_.end() ? 0 : found->second;
}

/// Where the owner of the mutex did start IO all the same, the fix does not hold and its bios are demanded as ever.
bool Judge::owner_starts_no_io() const { return owner_may_start_no_io_ && count_of(kOwnerBios) == 0; }

bool Judge::no_trial_is_possible() const { return demands_.trial == kOwnerFirstBios && owner_starts_no_io(); }

std::vector<CoverageItem> Judge::coverage() const {
    std::map<std::string, CoverageItem> items;
    for (const auto& [id, count] : counts_) {
        items[id] = {id, count, 0, true};
    }
    for (const auto& [id, required] : demands_.coverage) {
        const bool is_impossible = id == kTrials ? no_trial_is_possible()
                                                 : owner_starts_no_io() && (id == kOwnerBios || id == kOwnerFirstBios);
        const std::uint64_t demanded = is_impossible ? 0 : required;
        const std::uint64_t count = count_of(id);
        items[id] = {id, count, demanded, count >= demanded};
    }
    std::vector<CoverageItem> result;
    result.reserve(items.size());
    for (auto& [id, item] : items) {
        result.push_back(std::move(item));
    }
    return result;
}

std::vector<std::string> Judge::shortfalls(const std::vector<CoverageItem>& coverage) const {
    std::vector<std::string> missing;
    if (!counted_) {
        missing.emplace_back("no counters arrived, so nothing is known to have been exercised");
    }
    for (const auto& item : coverage) {
        if (!item.met) {
            missing.push_back(
                fmt::format("coverage {}: {} seen, the profile demands {}", item.id, item.count, item.required));
        }
    }
    if (no_trial_is_possible()) {
        if (count_of(kOwnerReclaims) == 0) {
            missing.emplace_back(
                "the owner of pcpu_alloc_mutex never reclaimed, so nothing is known of what it starts");
        }
    } else if (count_of(kTrials) == 0) {
        missing.emplace_back("no trials: the dangerous situation never arose");
    }
    if (!noio_takes_mutex_ && !noio_spares_mutex_ && !lock_cycles(true).empty()) {
        missing.emplace_back(
            "per-CPU allocations with GFP_NOIO were seen where they close a lock cycle if they take pcpu_alloc_mutex; "
            "whether they do in this kernel (9a5b183941b5) is unknown");
    }
    if (lost_events_ > 0) {
        missing.push_back(fmt::format("events lost: {}; what they would have shown is unknown", lost_events_));
    }
    return missing;
}

std::string Judge::cycle_in_one_task(bool noio_takes_mutex) const {
    const auto way = nesting_.way_back_to_mutex(noio_takes_mutex);
    if (way.empty()) {
        return {};
    }
    std::vector<std::string> steps;
    std::string chain = "pcpu_alloc_mutex";
    for (const auto& edge : way) {
        const bool closes = &edge == &way.back();
        const std::string inside = edge.outer == Scope::percpu_mutex ? "by the owner of pcpu_alloc_mutex"
                                                                     : fmt::format("inside {}", in_words(edge.outer));
        steps.push_back(fmt::format("{}{} was entered {} {}", in_words(edge.inner),
                                    closes ? ", which takes pcpu_alloc_mutex," : "", times(edge.count), inside));
        chain += fmt::format(" -> {}", closes ? "pcpu_alloc_mutex" : to_string(edge.inner));
    }
    return fmt::format("lock cycle {}: {}", chain, fmt::join(steps, "; "));
}

std::string Judge::cycle_over_queue(bool noio_takes_mutex) const {
    const auto cycle = nesting_.cycle_over_queue(noio_takes_mutex);
    if (!cycle) {
        return {};
    }
    return fmt::format(
        "lock cycle pcpu_alloc_mutex -> queue of {0} -> pcpu_alloc_mutex: the owner of pcpu_alloc_mutex submitted bios "
        "to "
        "{0}, which wait while its queue is frozen; a task that had it frozen made {1}, which takes pcpu_alloc_mutex",
        cycle->disk, in_words(cycle->allocation));
}

std::vector<std::string> Judge::lock_cycles(bool noio_takes_mutex) const {
    std::vector<std::string> found;
    for (auto one : {cycle_in_one_task(noio_takes_mutex), cycle_over_queue(noio_takes_mutex)}) {
        if (!one.empty()) {
            found.push_back(std::move(one));
        }
    }
    return found;
}

std::vector<std::string> Judge::hazards() const {
    auto found = lock_cycles(noio_takes_mutex_);
    if (const auto stall = livelock(); stall && !deadlock_) {
        found.push_back(fmt::format("livelock of {}{}: {}", seconds(stall->lasted_ns),
                                    stall->stands ? ", which stands at the end" : "", describe(stall->cycle)));
    }
    return found;
}

Judgement Judge::judgement() const {
    Judgement result{Verdict::clean, {}, coverage(), count_of(kTrials)};
    const auto conclude = [&result](Verdict verdict, std::vector<std::string> reasons) {
        result.verdict = verdict;
        result.reasons = std::move(reasons);
        return result;
    };

    auto possible = hazards();
    if (!failures_before_proof_.empty()) {
        return conclude(Verdict::error, failures_before_proof_);
    }
    if (deadlock_) {
        possible.insert(possible.begin(), describe(*deadlock_));
        return conclude(Verdict::hang, std::move(possible));
    }
    if (!possible.empty()) {
        const bool hangs = livelock_ && livelock_->stands && livelock_->lasted_ns >= kLivelockHangsNs;
        return conclude(hangs ? Verdict::hang : Verdict::hazard, std::move(possible));
    }
    if (!unsupported_.empty()) {
        return conclude(Verdict::unsupported, unsupported_);
    }
    if (auto missing = shortfalls(result.coverage); !missing.empty()) {
        return conclude(Verdict::inconclusive, std::move(missing));
    }
    const std::string tried =
        no_trial_is_possible() ? fmt::format(
                                     "no trial was possible: on this kernel the owner of pcpu_alloc_mutex starts no IO "
                                     "(8725ae13f0ca); it reclaimed {} and submitted no bio",
                                     times(count_of(kOwnerReclaims)))
                               : fmt::format("{} trial{}", result.trials, result.trials == 1 ? "" : "s");
    const std::string absent =
        !no_trial_is_possible() && owner_starts_no_io()
            ? fmt::format(" (the owner of pcpu_alloc_mutex reclaimed {} and submitted no bio: 8725ae13f0ca holds)",
                          times(count_of(kOwnerReclaims)))
            : "";
    return conclude(Verdict::clean,
                    {fmt::format("{}{}; coverage met, no cycle of locks or waits, no event lost", tried, absent)});
}

}  // namespace blkhang
