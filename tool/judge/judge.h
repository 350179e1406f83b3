// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/mutex_taken.h"
#include "judge/nesting_graph.h"
#include "judge/observation.h"
#include "judge/proven_cycle.h"
#include "judge/stalls.h"
#include "judge/standstill.h"
#include "judge/wait_graph.h"

namespace blkhang {

enum class Verdict { error, hang, hazard, unsupported, inconclusive, clean };  // in order of precedence
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_from(std::string_view name);

/// The coverage id of the number of trials: what is counted under the id that Demands::trial names.
inline constexpr std::string_view kTrials = "trials";
/// The trial of the 2011 hang: the first bio of a cgroup to a disk, submitted by the owner of pcpu_alloc_mutex.
inline constexpr std::string_view kOwnerFirstBios = "owner_first_bios";
/// The coverage ids of what the owner of pcpu_alloc_mutex did: bios submitted, and reclaims of any kind.
inline constexpr std::string_view kOwnerBios = "owner_bios";
inline constexpr std::string_view kOwnerReclaims = "owner_reclaims";
/// The coverage ids of writes by triggers that could have closed the profile's cycle; of freezes during which who froze
/// the queue wanted what it may have to wait for; and of allocations that may wait, made by such.
inline constexpr std::string_view kTriggerTrials = "trigger_trials";
inline constexpr std::string_view kWaitingFreezes = "waiting_freezes";
inline constexpr std::string_view kFrozenAllocs = "frozen_allocs";
/// The fingerprint that says whether GFP_NOIO per-CPU allocations take pcpu_alloc_mutex ("yes").
inline constexpr std::string_view kNoioTakesMutex = "noio_percpu_takes_mutex";
/// The fingerprint that says whether the owner of pcpu_alloc_mutex allocates with GFP_NOIO ("yes"), so that it starts
/// no IO and no trial can occur.
inline constexpr std::string_view kPercpuBackingNoio = "percpu_backing_noio";

/// What the profile demands before it calls anything clean.
struct Demands {
    std::map<std::string, std::uint64_t> coverage;  ///< minimum by coverage id
    std::uint64_t persist_ns = 20'000'000;          ///< a cycle over several tasks must stand this long
    std::string trial{kOwnerFirstBios};             ///< the coverage id whose occurrences are the trials
    /// Further minima, unless the kernel is known to have another value of that fingerprint: each is added to
    /// `coverage` where it is above what that has.
    struct Where {
        std::string fingerprint, value;
        std::map<std::string, std::uint64_t> coverage;
    };
    std::vector<Where> where = {};
};
/// What is demanded of a kernel with these fingerprints.
std::map<std::string, std::uint64_t> coverage_for(const Demands& demands,
                                                  const std::map<std::string, std::string>& fingerprints);

struct CoverageItem {
    std::string id;
    std::uint64_t count, required;
    bool met;
};
struct Judgement {
    Verdict verdict;
    std::vector<std::string> reasons;    ///< never empty
    std::vector<CoverageItem> coverage;  ///< what the profile demands and what else was counted, by id
    std::uint64_t trials;
};

/// Folds observations into a verdict. Pure: no IO, no clock but the observations' own, no globals.
/// Runs inside the watcher (to stop at the first proof) and again wherever the stream arrives.
class Judge {
public:
    explicit Judge(Demands demands);
    void observe(const Observation& observation);
    /// So many things at least arrived that could not be read, or were not kept: what they told is lost.
    void evidence_damaged(std::uint64_t things);

    /// The first deadlock that was proven, unless what was seen afterwards takes it back: a cycle that ended by itself,
    /// or tasks that were found elsewhere.
    [[nodiscard]] std::optional<Deadlock> deadlock() const;
    /// The freezes in force that the proven cycle goes over.
    [[nodiscard]] std::vector<seen::Freeze> freezes_of(const Deadlock& deadlock) const;
    /// Everything up to here has been observed.
    [[nodiscard]] std::uint64_t now_ns() const { return now_ns_; }
    /// The livelock that is a hang; else the longest that stood long enough to be told from a moment's shortage.
    [[nodiscard]] std::optional<Livelock> livelock() const { return stalls_.told(); }
    /// A cycle of waits that were all open at the last tick and had been for a millisecond, whether or not it stood
    /// long enough to be a proof. It becomes one for whoever knows that the machine died there.
    [[nodiscard]] std::optional<Deadlock> standing_cycle() const;
    /// Waits, freezes and nestings that were passed over because there were too many at once.
    [[nodiscard]] std::uint64_t left_out() const { return waits_.left_out() + nesting_.left_out(); }
    /// Has no wait that was observed told yet that a task held this and wanted that? Then whoever else is to judge the
    /// same has to be told of this one, however short it is.
    [[nodiscard]] bool tells_new_nesting(const seen::Wait& wait) const;
    /// Of proofs that were announced and do not hold: what speaks against each, as reasons.
    [[nodiscard]] std::vector<std::string> doubts_of_proofs() const;
    /// What can be said from the observations so far. That the stream is complete (ends with End) is for the caller to
    /// know: until then, "clean" means "clean so far".
    [[nodiscard]] Judgement judgement() const;

private:
    void on(const seen::Hello& hello);
    void on(const seen::Tier& tier);
    void on(const seen::Phase& phase);
    void on(const seen::Edge& edge);
    void on(const seen::Counters& counters);
    void on(const seen::Wait& wait);
    void on(const seen::Wake& wake);
    void on(const seen::Freeze& freeze);
    void on(const seen::Tick& tick);
    void on(const seen::Proof& proof);
    void on(const seen::BlockedTask& task);
    void on(const seen::Kill& kill);
    void on(const seen::Recovery& recovery);
    void on(const seen::Unsupported& unsupported);
    void on(const seen::Failure& failure);

    void time_is(std::uint64_t at_ns);
    void search_waits();
    [[nodiscard]] bool has_stood(const Deadlock& cycle, std::uint64_t for_ns) const;
    void lose(std::uint64_t events, std::uint64_t at_ns);
    void note_progress(const seen::Counters& counters);
    [[nodiscard]] bool is_contradicted_by_progress(const Deadlock& cycle);
    [[nodiscard]] bool proof_is_not_borne_out() const;
    [[nodiscard]] std::uint64_t load_end_ns() const;
    [[nodiscard]] std::uint64_t long_ns(std::uint64_t at_ns) const;
    [[nodiscard]] std::vector<std::string> long_waits(std::uint64_t at_ns) const;
    [[nodiscard]] std::vector<std::string> what_stood() const;
    void note_what_ends(std::uint64_t at_ns);
    void settle();
    void note_ended(std::string what);
    [[nodiscard]] std::string contradiction() const;
    void look_for_livelock();
    [[nodiscard]] std::uint64_t count_of(std::string_view id) const;
    [[nodiscard]] bool owner_starts_no_io() const;
    [[nodiscard]] bool no_trial_is_possible() const;
    void count_only_trials_that_may_wait(const seen::Counters& counters);
    [[nodiscard]] bool is_over_queues() const;
    [[nodiscard]] std::vector<CoverageItem> coverage() const;
    [[nodiscard]] std::vector<std::string> shortfalls(const std::vector<CoverageItem>& coverage) const;
    [[nodiscard]] std::string standstill() const;
    [[nodiscard]] std::vector<NestingGraph::Nesting> cycle_over_unwatched_queue_use() const;
    [[nodiscard]] NestingGraph nestings() const;
    [[nodiscard]] std::string lock_cycle(bool noio_takes_mutex) const;
    [[nodiscard]] std::vector<std::string> hazards() const;

    Demands demands_;
    std::map<std::string, std::uint64_t> demanded_;  // coverage, of this kernel
    NestingGraph nesting_;
    WaitGraph waits_;
    Standstill standstill_;
    std::uint64_t now_ns_ = 0;
    std::optional<std::uint64_t> load_began_ns_, load_ended_ns_;
    std::vector<std::string> waits_at_load_end_;  // long ones, in words
    std::optional<ProvenCycle> proven_;
    std::optional<seen::Proof> told_proof_;  // what the watcher announced
    struct Cycle {
        Deadlock deadlock;
        bool is_own;  // one task, for its own mutex
    };
    std::optional<Cycle> cycle_;           // of the waits as they are
    std::optional<Deadlock> stall_;        // the same over memory
    std::uint64_t searched_ = 0;           // version of the waits that those two are of
    std::vector<std::string> ended_;       // cycles that ended by themselves, in words
    std::vector<std::string> taken_back_;  // proofs that what came after them contradicts, in words
    Stalls stalls_;
    MutexTaken mutex_taken_;
    std::optional<std::uint64_t> no_stall_ns_;  // closing of the last one that progress contradicted
    std::optional<seen::Tier> tier_;
    bool said_hello_ = false;
    std::string release_;                              // of the kernel
    std::map<std::int32_t, seen::BlockedTask> looks_;  // the latest at each task
    bool unknown_queue_ = false;                       // somebody waited for a queue that cannot be told from others
    bool noio_takes_mutex_ = false;                    // known to
    bool noio_spares_mutex_ = false;                   // known not to
    bool owner_may_start_no_io_ = false;
    bool counted_ = false;
    std::uint64_t allocs_at_once_ = 0;  // or not at all (GFP_NOWAIT), by those who had a queue frozen; 0 if few
    std::map<std::string, std::uint64_t, std::less<>> counts_;
    std::uint64_t lost_events_ = 0;
    std::vector<std::string> unsupported_;
    std::vector<std::string> failures_before_proof_;
    std::vector<std::string> failures_behind_livelock_;  // of one that had stood for so long that it is a hang
};

}  // namespace blkhang
