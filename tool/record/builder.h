// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "judge/judge.h"
#include "klog/held_locks.h"
#include "klog/kernel_log.h"
#include "record/record.h"

namespace blkhang {

/// What is known of a run before its first observation.
struct RunFacts {
    std::string profile;  ///< its name
    Demands demands;      ///< of that profile
    std::string plant;    ///< empty for none
    std::string kernel;   ///< what was asked for, with the exact package version where there is one
    std::string tool_version, tool_commit;
    std::map<std::string, std::string> config = {};  ///< build options, if they came with the kernel
    std::optional<std::string> site = {};            ///< of runs without a guest: "watch", "host"
};

/// How the machine that ran the load was last seen, as the one who started it knows.
struct RunEnd {
    Ended ended = Ended::orderly;
    std::string detail;                       ///< in words, e.g. the oops line of the console; may be empty
    std::string accelerator;                  ///< "kvm" or "tcg"; empty when the machine is not a guest
    std::optional<std::string> started = {};  ///< UTC, ISO 8601
    std::optional<double> total_s = {};       ///< from then to the end of the evidence
    bool stayed_on = false;                   ///< it said that it had ended, and did not power itself off
};

/// Folds a stream of observations into a record. Pure: the same stream gives the same record anywhere.
class RecordBuilder {
public:
    explicit RecordBuilder(RunFacts facts);

    void observe(const Observation& observation);
    /// A line arrived that could not be decoded.
    void damaged_line() {
        ++damaged_lines_;
        judge_.evidence_damaged(1);
    }
    /// Lines were left out, nobody knows how many, that may have said who waits for whom.
    void lost_track() { judge_.evidence_damaged(UINT32_MAX); }

    /// What the observations say so far.
    [[nodiscard]] Judgement so_far() const { return judge_.judgement(); }
    /// The record of a run that ended like this, of whose evidence this was left out.
    [[nodiscard]] Record finish(const RunEnd& end, std::vector<Truncation> truncated = {}) const;

private:
    void on(const seen::Hello& hello);
    void on(const seen::Tier& tier);
    void on(const seen::Phase& phase);
    void on(const seen::Edge& edge);
    void on(const seen::Counters& counters);
    void on(const seen::Proof& proof);
    void on(const seen::ProofWritten& written);
    void on(const seen::BlockedTask& task);
    void on(const seen::Recovery& recovery);
    void on(const seen::Note& note);
    void on(const seen::Kmsg& message);
    void on(const seen::End& end);

    /// Relative to the epoch, rounded to microseconds.
    [[nodiscard]] double ms(std::uint64_t ns) const;
    [[nodiscard]] std::optional<double> ms(const std::optional<std::uint64_t>& ns) const;
    void conclude(Record& record, const RunEnd& end) const;
    [[nodiscard]] std::vector<std::string> complaints() const;
    [[nodiscard]] std::string validator_warning() const;
    void add_kernel(Record& record) const;
    void add_nesting(Record& record) const;
    void add_deadlock(Record& record, const Deadlock& deadlock, bool machine_lost) const;
    void add_blocked_tasks(Record& record) const;
    void add_livelock(Record& record) const;
    void add_kernel_reports(Record& record) const;
    void add_held_locks(Record& record) const;
    void add_phases(Record& record) const;

    RunFacts facts_;
    Judge judge_;
    std::uint64_t damaged_lines_ = 0;
    std::uint64_t latest_ns_ = 0;  // the latest time that any observation speaks of
    std::optional<std::uint64_t> load_began_ns_;
    std::optional<seen::Hello> hello_;
    std::optional<seen::Tier> tier_;
    std::vector<seen::Phase> phases_;
    using EdgeOnDisk = std::tuple<Scope, Scope, std::optional<std::string>>;
    std::map<EdgeOnDisk, seen::Edge> first_;  // occurrence of an edge
    std::optional<seen::Counters> counters_;  // the last
    std::optional<seen::Proof> proof_;
    std::optional<std::uint64_t> proof_written_ns_;
    std::vector<seen::BlockedTask> blocked_;
    std::optional<seen::Recovery> recovery_;
    std::vector<std::string> notes_;
    KernelLog kernel_log_;
    HeldLocksReader held_locks_;
    std::optional<seen::End> end_;
};

}  // namespace blkhang
