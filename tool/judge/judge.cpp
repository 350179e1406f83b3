// SPDX-License-Identifier: GPL-2.0-only
#include "judge/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/names.h"
#include "base/units.h"
#include "base/words.h"
#include "judge/dispatch.h"
#include "judge/sights.h"
#include "judge/trigger_field.h"
#include "kernels/queue_use.h"
#include "klog/stack.h"

namespace blkhang {
namespace {

constexpr std::array<std::string_view, 6> kVerdictNames{"error",       "hang",         "hazard",
                                                        "unsupported", "inconclusive", "clean"};

/// A wait for what the task owns itself needs no second task to be observed, only that it does not give up at once: who
/// is to be killed does so before it sleeps (mutex_lock_killable()). Nor is less enough where the machine died.
constexpr std::uint64_t kOwnStandsNs = kNsPerMs;

/// Of those who are blocked when nothing moves.
constexpr std::size_t kTasksNamed = 6;
/// How long a cycle has to stand to be a proof where an earlier one was taken back.
constexpr std::uint64_t kStandsAfterMistakeNs = kNsPerS;
/// Of cycles that ended by themselves: the first ones tell the kind.
constexpr std::size_t kEndedTold = 4;

constexpr const char* kNotBorneOut = "the watcher announced a proof that the evidence does not bear out";

std::string seconds(std::uint64_t ns) { return fmt::format("{:.1f} s", static_cast<double>(ns) / kNsPerS); }

/// "36.0 ms", "12 us".
std::string length(std::uint64_t ns) {
    if (ns >= kNsPerS) {
        return seconds(ns);
    }
    return ns >= kNsPerMs ? fmt::format("{:.1f} ms", static_cast<double>(ns) / kNsPerMs)
                          : fmt::format("{} us", ns / kNsPerUs);
}

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
    const bool over_memory = std::ranges::any_of(cycle, [](const auto* w) { return w->what.kind == WaitKind::memory; });
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

std::optional<Verdict> verdict_from(std::string_view name) { return named<Verdict>(kVerdictNames, name); }

Judge::Judge(Demands demands) : demands_(std::move(demands)), demanded_(coverage_for(demands_, {})) {}

void Judge::observe(const Observation& observation) {
    dispatch<seen::ProofWritten, seen::Kmsg, seen::End, seen::Note>(observation, [this](const auto& one) { on(one); });
}

void Judge::evidence_damaged(std::uint64_t things) {
    lose(things, UINT64_MAX);
    look_for_livelock();
}

/// That the watcher proved a cycle after it knew of the loss says that its waits were told again meanwhile.
void Judge::lose(std::uint64_t events, std::uint64_t at_ns) {
    waits_.doubt(events);
    nesting_.doubt_holders_of_queues();
    if (told_proof_ && told_proof_->waits && at_ns <= told_proof_->detected_ns) {
        for (const auto& freeze : told_proof_->freezes.value_or(std::vector<seen::Freeze>{})) {
            waits_.change(freeze);
        }
        for (const auto& wait : *told_proof_->waits) {
            waits_.begin(wait);
        }
    } else if (proven_) {
        proven_->events_lost();
    }
}

void Judge::on(const seen::Hello& hello) {
    said_hello_ = true;
    release_ = hello.release;
    demanded_ = coverage_for(demands_, hello.fingerprints);
    const auto is = [&hello](std::string_view name, std::string_view value) {
        const auto found = hello.fingerprints.find(std::string(name));
        return found != hello.fingerprints.end() && found->second == value;
    };
    noio_takes_mutex_ = is(kNoioTakesMutex, "yes");
    noio_spares_mutex_ = is(kNoioTakesMutex, "no");
    owner_may_start_no_io_ = is(kPercpuBackingNoio, "yes");
}

void Judge::on(const seen::Tier& tier) { tier_ = tier; }

void Judge::on(const seen::Phase& phase) {
    if (phase.name == seen::kLoadPhase && !load_began_ns_) {
        load_began_ns_ = phase.at_ns;
    } else if (phase.name != seen::kLoadPhase && load_began_ns_ && !load_ended_ns_) {
        load_ended_ns_ = phase.at_ns;
        waits_at_load_end_ = long_waits(phase.at_ns);
    }
    if (phase.name == seen::kRecoveryPhase && proven_) {
        proven_->recovery_begins();
    }
}

void Judge::on(const seen::Edge& edge) {
    if (edge.disk == kNoDisk) {
        unknown_queue_ = true;
        return;
    }
    nesting_.saw(edge.outer, edge.inner, edge.disk);
}

/// Where who freezes a queue asks for memory with GFP_NOWAIT first and with GFP_KERNEL only when that fails, as
/// blkcg_activate_policy() does (block/blk-cgroup.c, 5.10 to 7.3), most writes of a trigger go by without anything that
/// could hang. That there is such an allocation for every second write tells that this kernel does so: a bio that the
/// freezer sends now and then makes far fewer.
void Judge::count_only_trials_that_may_wait(const seen::Counters& counters) {
    const auto gives_up = [](const seen::Counters::EdgeCount& edge) {
        return edge.outer == Scope::queue_frozen && edge.inner == Scope::percpu_alloc_nowait;
    };
    const auto edge = std::ranges::find_if(counters.edges, gives_up);
    allocs_at_once_ = 0;
    const auto allocs = edge == counters.edges.end() ? 0 : edge->count;
    if (demands_.trial != kTriggerTrials || allocs == 0 || allocs < count_of(kTrials) / 2) {
        return;
    }
    allocs_at_once_ = allocs;
    // Older streams do not tell freezes from what was allocated during them.
    const auto may_wait = counts_.contains(kWaitingFreezes) ? kWaitingFreezes : kFrozenAllocs;
    auto& trials = counts_.find(kTrials)->second;
    trials = std::min(trials, count_of(may_wait));
}

void Judge::on(const seen::Counters& counters) {
    counted_ = true;
    counts_ = {counters.coverage.begin(), counters.coverage.end()};
    counts_.try_emplace(std::string(kTrials), count_of(demands_.trial));  // older streams name their trials themselves
    count_only_trials_that_may_wait(counters);
    for (const auto& edge : counters.edges) {
        nesting_.count(edge.outer, edge.inner, edge.count);
        // Seen to wait for the mutex from there: as good as a fingerprint.
        noio_takes_mutex_ |= edge.outer == Scope::percpu_alloc_noio && edge.inner == Scope::percpu_mutex;
    }
    if (!load_ended_ns_) {
        standstill_.observe(counters);
    }
    note_progress(counters);
    if (counters.lost_events > lost_events_) {
        lose(counters.lost_events - lost_events_, counters.at_ns);
        look_for_livelock();  // that it stands may be in doubt now; that it stood until here is not
        lost_events_ = counters.lost_events;
    }
}

bool Judge::tells_new_nesting(const seen::Wait& wait) const {
    const auto held = is_of_no_disk(wait) ? std::vector<Awaited>{} : waits_.held_during(wait);
    return std::ranges::any_of(held, [&](const Awaited& one) { return nesting_.is_new(one, wait.what); });
}

void Judge::on(const seen::Wait& wait) {
    waits_.begin(wait);
    if (waits_.is_latest(wait) && !is_of_no_disk(wait)) {
        for (const auto& held : waits_.held_during(wait)) {
            nesting_.waited(held, wait.what);
        }
    }
    unknown_queue_ |= is_of_no_disk(wait);
    if (proven_) {
        proven_->told_again(wait);
    }
    note_what_ends(wait.at_ns);
}

void Judge::on(const seen::Wake& wake) {
    const auto* own = waits_.wait_for_its_own(wake.pid);
    const bool ends_own =
        own != nullptr && !proven_ && wake.at_ns >= own->at_ns && (wake.what.is_nothing() || wake.what == own->what);
    if (ends_own) {
        // Whatever let it go (a signal, to a killable wait): it asked for the mutex that it owned.
        note_ended(fmt::format("{} waited for {}, which it owned itself; that ended by itself after {}",
                               task_name(own->comm, own->pid), to_string(own->what), length(wake.at_ns - own->at_ns)));
    }
    waits_.end(wake);
    note_what_ends(wake.at_ns);
}

void Judge::on(const seen::Freeze& freeze) {
    waits_.change(freeze);
    if (freeze.frozen) {
        nesting_.froze(freeze.disk);
    }
    note_what_ends(freeze.at_ns);
}

void Judge::on(const seen::Tick& tick) { time_is(tick.at_ns); }

/// Told twice, by two ways out of the machine, it counts once: by the time that the second arrives it may be over.
void Judge::on(const seen::Proof& proof) {
    if (told_proof_ && told_proof_->closed_ns == proof.closed_ns) {
        if (proven_ && proof.waits) {
            proven_->add_stacks(*proof.waits);
        }
        return;
    }
    told_proof_ = proof;
    if (!proof.waits) {  // older streams tell the waits before it, and the time is theirs
        time_is(proof.detected_ns);
        return;
    }
    for (const auto& freeze : proof.freezes.value_or(std::vector<seen::Freeze>{})) {
        waits_.change(freeze);
    }
    for (const auto& wait : *proof.waits) {
        waits_.begin(wait);
    }
    time_is(proof.detected_ns);
}

void Judge::on(const seen::BlockedTask& task) {
    looks_.insert_or_assign(task.pid, task);
    const auto look = waits_.look(task);
    if (proven_) {
        proven_->looked_at(task, look);
        note_what_ends(now_ns_);
    }
    time_is(now_ns_);  // a cycle that was in doubt may be borne out by now
}

void Judge::on(const seen::Kill& kill) {
    if (proven_) {
        proven_->killed(kill);
    }
}

void Judge::on(const seen::Recovery& recovery) {
    if (proven_) {
        proven_->recovered(recovery);
        settle();
    }
}

void Judge::on(const seen::Unsupported& unsupported) {
    unsupported_.insert(unsupported_.end(), unsupported.reasons.begin(), unsupported.reasons.end());
}

void Judge::on(const seen::Failure& failure) {
    if (proven_) {  // what breaks on a machine that hangs says nothing against the proof
        return;
    }
    auto& failures = stalls_.hangs() ? failures_behind_livelock_ : failures_before_proof_;
    failures.push_back(failure.message);
}

void Judge::time_is(std::uint64_t at_ns) {
    now_ns_ = std::max(now_ns_, at_ns);
    if (proven_) {
        return;
    }
    search_waits();
    if (cycle_) {
        const auto stands_ns = cycle_->is_own ? std::min(kOwnStandsNs, demands_.persist_ns) : demands_.persist_ns;
        if (has_stood(cycle_->deadlock, stands_ns)) {
            proven_.emplace(cycle_->deadlock);
        }
    }
    look_for_livelock();
}

void Judge::search_waits() {
    if (searched_ == waits_.version()) {
        return;
    }
    searched_ = waits_.version();
    const auto cycle = waits_.cycle();
    cycle_.reset();
    if (!cycle.empty()) {
        cycle_ = {deadlock_of(cycle), cycle.size() == 1 && waits_.wait_for_its_own(cycle.front()->pid) != nullptr};
    }
    const auto stall = waits_.livelock();
    stall_ = stall.empty() ? std::nullopt : std::optional(deadlock_of(stall));
}

bool Judge::has_stood(const Deadlock& cycle, std::uint64_t for_ns) const {
    return cycle.closed_ns <= now_ns_ && now_ns_ - cycle.closed_ns >= for_ns;
}

void Judge::note_progress(const seen::Counters& counters) {
    mutex_taken_.note(counters);
    if (const auto taken = proven_ ? mutex_taken_.against(proven_->deadlock()) : 0; taken > 0) {
        proven_->mutex_was_taken(taken);
    }
}

/// Of a proven cycle.
void Judge::note_what_ends(std::uint64_t at_ns) {
    if (proven_ && !waits_.stands(pids_of(proven_->deadlock()))) {
        proven_->opened(at_ns);
        settle();
    }
}

/// A cycle that ended by itself was none of the deadlock kind, and a proof that was taken back is none. Another may
/// follow.
void Judge::settle() {
    if (const auto after = proven_->ended_by_itself_after_ns()) {
        note_ended(fmt::format("a cycle of waits that ended by itself after {}: {}", length(*after),
                               describe(proven_->deadlock())));
        proven_.reset();
    } else if (proven_->is_open() && proven_->was_found_elsewhere()) {
        if (taken_back_.size() < kEndedTold) {
            taken_back_.push_back(contradiction());
        }
        nesting_.doubt_holders_of_queues();
        proven_.reset();
    }
}

/// What speaks against the proof that stands, as a reason; empty if nothing does.
std::string Judge::contradiction() const {
    const auto against = proven_ ? proven_->contradiction(lost_events_) : std::string{};
    if (against.empty()) {
        return {};
    }
    return fmt::format("{}it seemed that {}, but {}",
                       lost_events_ > 0 ? fmt::format("events lost: {}; ", lost_events_) : "",
                       describe(proven_->deadlock()), against);
}

void Judge::note_ended(std::string what) {
    if (ended_.size() < kEndedTold) {
        ended_.push_back(std::move(what));
    }
}

/// The end of a wait for memory that was missed makes one that is none; who needs its locks meanwhile and gets them
/// shows that.
bool Judge::is_contradicted_by_progress(const Deadlock& cycle) {
    const auto taken = mutex_taken_.against(cycle);
    if (taken == 0) {
        return false;
    }
    if (no_stall_ns_ != cycle.closed_ns && taken_back_.size() < kEndedTold) {
        taken_back_.push_back(fmt::format("it seemed that {}, but {}", describe(cycle), taken_meanwhile(taken)));
    }
    no_stall_ns_ = cycle.closed_ns;
    nesting_.doubt_holders_of_queues();
    return true;
}

void Judge::look_for_livelock() {
    search_waits();
    if (stall_ && stall_->closed_ns <= now_ns_ && is_contradicted_by_progress(*stall_)) {
        stalls_.forget(*stall_);
    } else {
        stalls_.look(stall_, now_ns_);
    }
}

std::optional<Deadlock> Judge::deadlock() const {
    const bool holds = proven_ && !proven_->ended_by_itself_after_ns() && proven_->contradiction(lost_events_).empty();
    // Where a proof was taken back, ends go by that nobody counts: the next has to stand for so long that they would
    // come.
    const bool is_hasty =
        holds && !taken_back_.empty() && now_ns_ < proven_->deadlock().closed_ns + kStandsAfterMistakeNs;
    return holds && !is_hasty ? std::optional(proven_->deadlock()) : std::nullopt;
}

std::vector<seen::Freeze> Judge::freezes_of(const Deadlock& deadlock) const {
    return waits_.freezes_of(pids_of(deadlock));
}

std::optional<Deadlock> Judge::standing_cycle() const {
    const auto cycle = waits_.cycle();
    if (cycle.empty()) {
        return std::nullopt;
    }
    auto deadlock = deadlock_of(cycle);
    const bool stands = has_stood(deadlock, std::min(kOwnStandsNs, demands_.persist_ns)) && contradiction().empty() &&
                        mutex_taken_.against(deadlock) == 0;
    return stands ? std::optional(std::move(deadlock)) : std::nullopt;
}

bool Judge::proof_is_not_borne_out() const { return told_proof_ && !proven_ && ended_.empty() && taken_back_.empty(); }

std::vector<std::string> Judge::doubts_of_proofs() const {
    std::vector<std::string> doubts;
    if (proof_is_not_borne_out()) {
        doubts.emplace_back(kNotBorneOut);
    }
    std::ranges::copy(taken_back_, std::back_inserter(doubts));
    if (auto against = contradiction(); !against.empty()) {
        doubts.push_back(std::move(against));
    }
    return doubts;
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
    for (const auto& [id, required] : demanded_) {
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

/// Its cycle goes over frozen queues, by what it demands to have been seen, or as triggers wrote, whose writes are what
/// freezes queues.
bool Judge::is_over_queues() const {
    const auto is_of_queues = [](std::string_view id) {
        return id.starts_with("queue_") || id.starts_with("frozen_") || id.starts_with(kTriggerPrefix);
    };
    return is_of_queues(demands_.trial) || count_of(kTriggerTrials) > 0 ||
           std::ranges::any_of(demanded_, [&](const auto& item) { return is_of_queues(item.first); });
}

std::uint64_t Judge::load_end_ns() const { return load_ended_ns_.value_or(now_ns_); }

/// From here on back what stands still has stood for long.
std::uint64_t Judge::long_ns(std::uint64_t at_ns) const {
    return load_began_ns_ ? long_standstill_ns(at_ns - std::min(at_ns, *load_began_ns_)) : kLongStandstillNs;
}

/// Who is blocked where, as far as somebody looked.
std::string Judge::standstill() const {
    const auto since = standstill_.since_ns(load_end_ns(), long_ns(load_end_ns()));
    if (!since) {
        return {};
    }
    std::vector<std::string> where;
    for (const auto& [pid, task] : looks_) {
        if (task.state == 'D' && where.size() < kTasksNamed) {
            where.push_back(
                fmt::format("{} is blocked{}", task_name(task.comm, pid),
                            task.stack.empty() ? "" : fmt::format(" in {}", function_of(task.stack.front()))));
        }
    }
    return fmt::format("nothing has moved since {} into the load, to the end{}{}",
                       seconds(*since - std::min(*since, load_began_ns_.value_or(0))), where.empty() ? "" : ": ",
                       fmt::join(where, ", "));
}

/// One that does not end may be a hang whose other tasks are not known.
std::vector<std::string> Judge::long_waits(std::uint64_t at_ns) const {
    std::vector<std::string> found;
    waits_.each([&](const OpenWait& open) {
        const auto& wait = open.wait;
        const bool is_long = wait.at_ns <= at_ns && at_ns - wait.at_ns >= long_ns(at_ns);
        if (wait.what.kind != WaitKind::memory && !open.doubted && is_long && found.size() < kTasksNamed) {
            found.push_back(fmt::format("{} waited for {} for {}, to the end of the load, and nothing closes a circle",
                                        task_name(wait.comm, wait.pid), to_string(wait.what),
                                        seconds(at_ns - wait.at_ns)));
        }
    });
    return found;
}

/// Of what the verdict rests on, whatever was not told of, or did not go on to the end of the load.
std::vector<std::string> Judge::what_stood() const {
    std::vector<std::string> found;
    if (auto still = standstill(); !still.empty()) {
        found.push_back(std::move(still));
    } else if (const auto stood = standstill_.stood(load_end_ns(), long_ns(load_end_ns())); !stood.empty()) {
        found.push_back(fmt::format("part of the load stood still to the end, for {} at least: {}",
                                    seconds(long_ns(load_end_ns())), fmt::join(stood, ", ")));
    }
    auto waits = load_ended_ns_ ? waits_at_load_end_ : long_waits(now_ns_);
    std::ranges::move(waits, std::back_inserter(found));
    return found;
}

std::vector<std::string> Judge::shortfalls(const std::vector<CoverageItem>& coverage) const {
    std::vector<std::string> missing;
    if (!counted_) {
        missing.emplace_back("no counters arrived, so nothing is known to have been exercised");
    }
    if (!said_hello_) {
        missing.emplace_back("which kernel this is was never told");
    }
    if (!load_began_ns_) {
        missing.emplace_back("that the load began was never told");
    }
    if (!tier_) {
        missing.emplace_back("nothing was watched: no probes stood");
    } else if (const auto blind = unwatched(*tier_, release_, is_over_queues()); !blind.empty()) {
        missing.push_back(fmt::format("not watched, though a cycle may go over it: {}", fmt::join(blind, ", ")));
    }
    for (const auto& item : coverage) {
        if (!item.met) {
            missing.push_back(
                fmt::format("coverage {}: {} seen, the profile demands {}", item.id, item.count, item.required));
        }
    }
    if (const auto trials = demanded_.find(std::string(kTrials));
        allocs_at_once_ > 0 && trials != demanded_.end() && count_of(kTrials) < trials->second) {
        missing.push_back(fmt::format(
            "with a queue frozen, {} allocation{} asked for what is there at once (GFP_NOWAIT): a trial is a "
            "freeze in which that failed, or a lock was waited for; it takes more cgroups or less memory",
            allocs_at_once_, allocs_at_once_ == 1 ? "" : "s"));
    }
    if (no_trial_is_possible()) {
        if (count_of(kOwnerReclaims) == 0) {
            missing.emplace_back(
                "the owner of pcpu_alloc_mutex never reclaimed, so nothing is known of what it starts");
        }
    } else if (count_of(kTrials) == 0) {
        missing.emplace_back("no trials: the dangerous situation never arose");
    }
    if (!noio_takes_mutex_ && !noio_spares_mutex_ && !lock_cycle(true).empty()) {
        missing.emplace_back(
            "per-CPU allocations with GFP_NOIO were seen where they close a lock cycle if they take pcpu_alloc_mutex; "
            "whether they do in this kernel (9a5b183941b5) is unknown");
    }
    if (unknown_queue_) {
        missing.emplace_back(
            "a task waited for a queue that has no disk (0:0): which one, and so who held it up, is unknown");
    }
    if (const auto cycle = nestings().cycle_if_disks_agree(noio_takes_mutex_); !cycle.empty()) {
        missing.push_back(fmt::format(
            "nestings were counted that close a lock cycle if they are of one disk, which was never told: {}",
            describe(cycle)));
    } else if (const auto by_use = cycle_over_unwatched_queue_use(); !by_use.empty()) {
        missing.push_back(fmt::format(
            "limits were written, and what was done meanwhile closes a lock cycle if their disk's queue had been "
            "entered (scope {}), as until {}, which was not watched: {}",
            to_string(Scope::queue_used), kQueueUseFix, describe(by_use)));
    }
    std::ranges::move(what_stood(), std::back_inserter(missing));
    if (proof_is_not_borne_out()) {
        missing.emplace_back(kNotBorneOut);
    }
    if (const auto cycle = waits_.cycle(); !proven_ && !cycle.empty()) {
        missing.push_back(fmt::format("tasks waited for each other in a circle at the end, too briefly to tell: {}",
                                      describe(deadlock_of(cycle))));
    }
    if (const auto left_out = this->left_out(); left_out > 0) {
        missing.push_back(fmt::format(
            "more tasks waited or froze queues at once than are followed, {}; whether they did in a circle is unknown",
            times(left_out)));
    }
    std::ranges::copy(taken_back_, std::back_inserter(missing));
    if (auto against = contradiction(); !against.empty()) {
        missing.push_back(std::move(against));
        return missing;
    }
    if (lost_events_ > 0) {
        missing.push_back(fmt::format("events lost: {}; what they would have shown is unknown", lost_events_));
        std::ranges::copy(ended_, std::back_inserter(missing));
    }
    return missing;
}

/// Whether GFP_NOIO takes the mutex may not be known either.
std::vector<NestingGraph::Nesting> Judge::cycle_over_unwatched_queue_use() const {
    const bool may_exist = !tier_ || may_have_missed_queue_use(*tier_, release_);
    return may_exist ? nestings().cycle_if_limit_writers_use_queue(!noio_spares_mutex_)
                     : std::vector<NestingGraph::Nesting>{};
}

/// What speaks against a proof says that some end was missed, for as long as it does.
NestingGraph Judge::nestings() const {
    auto nestings = nesting_;
    if (!contradiction().empty()) {
        nestings.doubt_holders_of_queues();
    }
    return nestings;
}

std::string Judge::lock_cycle(bool noio_takes_mutex) const {
    const auto cycle = nestings().cycle(noio_takes_mutex);
    return cycle.empty() ? std::string{} : describe(cycle);
}

std::vector<std::string> Judge::hazards() const {
    std::vector<std::string> found;
    if (auto cycle = lock_cycle(noio_takes_mutex_); !cycle.empty()) {
        found.push_back(std::move(cycle));
    }
    // The hang is possible, for those were let go by chance; but where events were lost, they may never have been
    // closed.
    if (lost_events_ == 0) {
        std::ranges::copy(ended_, std::back_inserter(found));
    }
    if (const auto stall = stalls_.told(); stall && !deadlock()) {
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
    if (!failures_before_proof_.empty() || (!failures_behind_livelock_.empty() && !deadlock() && !stalls_.hangs())) {
        auto failures = failures_before_proof_;
        std::ranges::copy(failures_behind_livelock_, std::back_inserter(failures));
        return conclude(Verdict::error, std::move(failures));
    }
    if (const auto proof = deadlock()) {
        possible.insert(possible.begin(), describe(*proof));
        return conclude(Verdict::hang, std::move(possible));
    }
    auto missing = shortfalls(result.coverage);
    if (!possible.empty()) {
        // That a proof was taken back is part of the story.
        std::ranges::copy(taken_back_, std::back_inserter(possible));
        if (auto against = contradiction(); !against.empty()) {
            possible.push_back(std::move(against));
        }
        return conclude(stalls_.hangs() ? Verdict::hang : Verdict::hazard, std::move(possible));
    }
    if (!unsupported_.empty()) {
        return conclude(Verdict::unsupported, unsupported_);
    }
    if (!missing.empty()) {
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
    return conclude(
        Verdict::clean,
        {fmt::format("{}{}; coverage met, no cycle of locks or waits, no event lost", tried, absent),
         fmt::format("watched, all that such a cycle needs: {}", fmt::join(watched(*tier_, is_over_queues()), ", "))});
}

}  // namespace blkhang
