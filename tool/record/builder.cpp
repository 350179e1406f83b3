// SPDX-License-Identifier: GPL-2.0-only
#include "record/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/units.h"
#include "judge/dispatch.h"
#include "judge/load_left.h"
#include "record/second_opinion.h"
#include "record/suspected_hang.h"

namespace blkhang {
namespace {

constexpr std::string_view kBuildOption = "CONFIG_";

std::string_view in_words(Ended ended) {
    switch (ended) {
        case Ended::orderly:
            return "the machine ended in good order, but its evidence lacks the end";
        case Ended::lost:
            return "the machine was lost";
        case Ended::did_not_boot:
            return "the guest did not boot";
        case Ended::timed_out:
            return "the run took longer than its limit";
        case Ended::interrupted:
            return "the run was interrupted";
    }
    return to_string(ended);
}

std::string in_words(const RunEnd& end) {
    return end.detail.empty() ? std::string(in_words(end.ended))
                              : fmt::format("{}: {}", in_words(end.ended), end.detail);
}

/// TAINT_DIE and TAINT_SOFTLOCKUP (include/linux/panic.h): the kernel went on, but part of it did not.
constexpr std::uint64_t kTaintOfOops = 1U << 7;
constexpr std::uint64_t kTaintsOfBroken = kTaintOfOops | (1U << 14);

bool died(Ended ended) { return ended == Ended::lost || ended == Ended::did_not_boot || ended == Ended::timed_out; }

}  // namespace

RecordBuilder::RecordBuilder(RunFacts facts) : facts_(std::move(facts)), judge_(facts_.demands) {}

void RecordBuilder::observe(const Observation& observation) {
    judge_.observe(observation);
    latest_ns_ = std::max(latest_ns_, time_of(observation));
    dispatch<seen::Wait, seen::Wake, seen::Freeze, seen::Tick, seen::Kill, seen::Unsupported, seen::Failure>(
        observation, [this](const auto& one) { on(one); });
}

void RecordBuilder::on(const seen::Hello& hello) { hello_ = hello; }
void RecordBuilder::on(const seen::Tier& tier) { tier_ = tier; }
void RecordBuilder::on(const seen::Phase& phase) {
    phases_.push_back(phase);
    if (phase.name == seen::kLoadPhase && !load_began_ns_) {
        load_began_ns_ = phase.at_ns;
    }
}
void RecordBuilder::on(const seen::Edge& edge) {
    const auto [found, added] = first_.try_emplace({edge.outer, edge.inner, edge.disk}, edge);
    if (!added && edge.at_ns < found->second.at_ns) {  // two CPUs may both believe that theirs is the first
        found->second = edge;
    }
}
void RecordBuilder::on(const seen::Counters& counters) { counters_ = counters; }
void RecordBuilder::on(const seen::Proof& proof) {
    if (!proof_) {
        proof_ = proof;
        held_locks_.begin_anew();  // what counts is who holds what in the deadlock
    }
}
void RecordBuilder::on(const seen::ProofWritten& written) {
    if (!proof_written_ns_) {
        proof_written_ns_ = written.at_ns;
    }
}
void RecordBuilder::on(const seen::BlockedTask& task) { blocked_.push_back(task); }
void RecordBuilder::on(const seen::Recovery& recovery) { recovery_ = recovery; }
void RecordBuilder::on(const seen::Note& note) { notes_.push_back(note.text); }
void RecordBuilder::on(const seen::Kmsg& message) {
    kernel_log_.line(message.at_ns, message.text);
    held_locks_.line(message.at_ns, message.text);
}
void RecordBuilder::on(const seen::End& end) { end_ = end; }

double RecordBuilder::ms(std::uint64_t ns) const {
    const std::uint64_t epoch = load_began_ns_.value_or(hello_ ? hello_->at_ns : 0);
    const auto since = static_cast<std::int64_t>(ns - epoch);
    return std::round(static_cast<double>(since) / kNsPerUs) / kUsPerMs;
}

std::optional<double> RecordBuilder::ms(const std::optional<std::uint64_t>& ns) const {
    return ns ? std::optional(ms(*ns)) : std::nullopt;
}

Record RecordBuilder::finish(const RunEnd& end, std::vector<Truncation> truncated) const {
    Record record;
    if (const auto left_out = kernel_log_.left_out()) {
        truncated.push_back(*left_out);
    }
    if (!truncated.empty()) {
        record.truncated = std::move(truncated);
    }
    record.profile.name = facts_.profile;
    record.plant = facts_.plant;
    record.run = {facts_.kernel, end.accelerator, end.ended,
                  end.detail,    damaged_lines_,  end.started,
                  end.total_s,   facts_.site,     notes_.empty() ? std::nullopt : std::optional(notes_)};
    record.tool = {facts_.tool_version, facts_.tool_commit};
    add_kernel(record);
    if (tier_) {
        record.tier.used = tier_->used;
        record.tier.attached = tier_->attached;
        for (const auto& missing : tier_->missing) {
            record.tier.missing.push_back({missing.what, missing.why});
        }
    }
    if (counters_) {
        record.load = counters_->load;
        record.lost_events = counters_->lost_events;
    }
    add_nesting(record);
    add_phases(record);
    add_kernel_reports(record);
    conclude(record, end);
    add_blocked_tasks(record);
    add_held_locks(record);
    return record;
}

void RecordBuilder::conclude(Record& record, const RunEnd& end) const {
    Judgement judgement = judge_.judgement();
    record.coverage = std::move(judgement.coverage);
    record.trials = judgement.trials;
    Verdict& verdict = record.verdict.value;
    auto& reasons = record.verdict.reasons;
    verdict = judgement.verdict;
    reasons = std::move(judgement.reasons);

    const auto proven = judge_.deadlock();
    if (proven) {
        add_deadlock(record, *proven, false);
        if (!end_) {
            reasons.push_back(in_words(end));
        }
        return;
    }
    add_livelock(record);
    if (!end_) {
        const auto standing = died(end.ended) ? judge_.standing_cycle() : std::nullopt;
        if (standing && verdict != Verdict::error) {
            add_deadlock(record, *standing, true);
            verdict = Verdict::hang;
            reasons = {fmt::format("{}; {}, while these waits stood", describe(*standing), in_words(end))};
            return;
        }
        if (verdict == Verdict::hang && died(end.ended)) {  // a livelock that had stood long enough
            reasons.push_back(in_words(end));
            return;
        }
        // What the guest itself called an error says more than that it ended afterwards.
        if (verdict == Verdict::error) {
            reasons.push_back(in_words(end));
        } else {
            std::vector<std::string> why{in_words(end)};
            if (verdict == Verdict::hazard || verdict == Verdict::hang) {
                why.push_back(fmt::format("before that: {}", reasons.front()));
            } else if (proof_) {  // that there seemed to be one, and what spoke against it, is part of the story
                std::ranges::transform(judge_.doubts_of_proofs(), std::back_inserter(why),
                                       [](const std::string& doubt) { return fmt::format("before that: {}", doubt); });
            }
            reasons = std::move(why);
        }
        verdict = Verdict::error;
        return;
    }
    const auto doubt = [&](std::string why) {
        if (verdict == Verdict::clean) {
            reasons.clear();
            verdict = Verdict::inconclusive;
        }
        if (verdict == Verdict::inconclusive) {
            reasons.push_back(std::move(why));
        }
    };
    if (damaged_lines_ > 0) {
        doubt(fmt::format("damaged lines of evidence: {}; what they would have shown is unknown", damaged_lines_));
    }
    for (const auto& truncation : record.truncated.value_or(std::vector<Truncation>{})) {
        doubt(fmt::format("the guest sent more than is kept ({}); what that would have shown is unknown",
                          in_words(truncation)));
    }
    if (const auto missed = record.load.find(std::string(seen::kMissedMessages)); missed != record.load.end()) {
        doubt(fmt::format("messages of the kernel that could not be read: {}; what they would have said is unknown",
                          missed->second));
    }
    if (record.load.contains(std::string(seen::kLoadLeft))) {
        doubt(
            "processes of the load did not end when they were killed: they are stuck in the kernel, in what was not "
            "watched");
    }
    for (const auto& complaint : complaints()) {
        doubt(complaint);
    }
    // Its tasks die last of all, in a machine that is short of memory; nothing tells what stopped that.
    if (end.stayed_on) {
        doubt(
            "the guest did not power itself off after the run: it may have frozen as the load was ended, which was not "
            "watched");
    }
    if (const auto warning = validator_warning(); !warning.empty()) {
        doubt(fmt::format("the kernel's own lock validator warned of the locks that this run is about: {}", warning));
    }
    // Other tiers know who holds what, and have said so.
    const bool saw_stacks_only = tier_ && tier_->used == to_string(TierChoice::console);
    if (verdict == Verdict::inconclusive && saw_stacks_only) {
        if (auto suspicion = suspected_hang(blocked_, hello_ ? hello_->release : ""); !suspicion.empty()) {
            verdict = Verdict::hazard;
            reasons.insert(reasons.begin(), std::move(suspicion));
        }
    }
}

/// What the kernel itself said since the load began that no healthy one says: of tasks and CPUs that do not go on, and
/// that it broke.
std::vector<std::string> RecordBuilder::complaints() const {
    using Kind = KernelReport::Kind;
    std::vector<std::string> found;
    for (const auto& report : kernel_log_.reports()) {
        const bool is_of_load = load_began_ns_ && report.at_ns >= *load_began_ns_;
        const bool is_standstill = report.kind == Kind::hung_task || report.kind == Kind::soft_lockup ||
                                   report.kind == Kind::hard_lockup || report.kind == Kind::rcu_stall ||
                                   report.kind == Kind::workqueue_lockup;
        if (is_of_load && is_standstill) {
            found.push_back(fmt::format("the kernel complained under the load: {}", report.headline));
        }
    }
    if (hello_ && end_ && (end_->taint & ~hello_->taint & kTaintsOfBroken) != 0) {
        found.emplace_back("the kernel is tainted since: it oopsed, or a CPU was locked up");
    }
    if (hello_ && (hello_->taint & kTaintOfOops) != 0) {  // a lockup is complained of each time
        found.emplace_back("the kernel had oopsed before the run: whether it did so again, its taint does not tell");
    }
    return found;
}

/// What lockdep said of pcpu_alloc_mutex, reclaim or request queues; empty if nothing.
std::string RecordBuilder::validator_warning() const {
    for (const auto& report : kernel_log_.reports()) {
        if (names_locks_of_family(report)) {
            return report.headline;
        }
    }
    return {};
}

void RecordBuilder::add_kernel(Record& record) const {
    if (end_) {
        record.kernel.taint_after = end_->taint;
    }
    record.kernel.config = facts_.config;
    if (!hello_) {
        return;
    }
    record.tool = {hello_->tool_version, hello_->tool_commit};
    record.kernel.release = hello_->release;
    record.kernel.version = hello_->version;
    record.kernel.arch = hello_->machine;
    record.kernel.taint_before = hello_->taint;
    for (const auto& [name, value] : hello_->fingerprints) {
        auto& where = name.starts_with(kBuildOption) ? record.kernel.config : record.kernel.fingerprints;
        where[name] = value;
    }
}

void RecordBuilder::add_nesting(Record& record) const {
    std::map<std::pair<Scope, Scope>, std::uint64_t> counts;
    if (counters_) {
        for (const auto& edge : counters_->edges) {
            counts[{edge.outer, edge.inner}] = edge.count;
        }
    }
    for (const auto& [where, first] : first_) {
        auto& count = counts[{first.outer, first.inner}];
        count = std::max<std::uint64_t>(count, 1);
        Record::Nesting nesting{first.outer, first.inner, count,      ms(first.at_ns), first.comm,
                                first.pid,   {},          first.disk, first.stack};
        if (first.gfp != 0) {
            nesting.gfp = first.gfp;
        }
        record.nesting.push_back(std::move(nesting));
    }
    std::set<std::pair<Scope, Scope>> told;
    for (const auto& nesting : record.nesting) {
        told.emplace(nesting.outer, nesting.inner);
    }
    for (const auto& [scopes, count] : counts) {
        if (count > 0 && !told.contains(scopes)) {
            record.nesting.push_back({scopes.first, scopes.second, count, {}, {}, {}, {}, {}, {}});
        }
    }
    std::ranges::stable_sort(record.nesting, {},
                             [](const Record::Nesting& nesting) { return std::pair(nesting.outer, nesting.inner); });
}

/// Where nothing worse was proven.
void RecordBuilder::add_livelock(Record& record) const {
    if (const auto livelock = judge_.livelock()) {
        add_deadlock(record, livelock->cycle, false);
        record.deadlock->lasted_ms = static_cast<double>(livelock->lasted_ns) / kNsPerUs / kUsPerMs;
    }
}

void RecordBuilder::add_deadlock(Record& record, const Deadlock& deadlock, bool machine_lost) const {
    Record::Deadlock result{};
    result.kind = std::string(machine_lost ? kMachineLost : to_string(deadlock.kind));
    result.closed_ms = ms(deadlock.closed_ns);
    result.detected_ms = ms(proof_ ? std::optional(proof_->detected_ns) : std::nullopt);
    result.written_ms = ms(proof_written_ns_);
    if (recovery_) {
        result.recovered_by_kill = recovery_->recovered;
        result.recovery = recovery_->detail;
    }
    std::map<std::int32_t, Record::Task*> by_pid;
    result.tasks.reserve(deadlock.tasks.size());
    for (const auto& task : deadlock.tasks) {
        const bool in_full = result.tasks.size() < limits::kTasksWithStacks;
        result.tasks.push_back(
            {task.pid, task.comm, std::nullopt, task.waits_for, task.holds, in_full ? task.stack : Stack{}});
        if (in_full) {
            by_pid.emplace(task.pid, &result.tasks.back());
        }
    }
    for (const auto& blocked : blocked_) {
        if (const auto found = by_pid.find(blocked.pid); found != by_pid.end()) {
            auto& in_cycle = *found->second;
            in_cycle.state = blocked.state;
            in_cycle.stack = in_cycle.stack.empty() ? blocked.stack : in_cycle.stack;
        }
    }
    record.deadlock = std::move(result);
}

void RecordBuilder::add_blocked_tasks(Record& record) const {
    std::set<std::int32_t> in_cycle;
    if (record.deadlock) {
        for (const auto& task : record.deadlock->tasks) {
            in_cycle.insert(task.pid);
        }
    }
    for (const auto& blocked : blocked_) {
        if (!in_cycle.contains(blocked.pid)) {
            record.blocked_tasks.push_back({blocked.pid, blocked.comm, blocked.state, blocked.stack});
        }
    }
}

/// Beside what was proven, or what stood when the machine was last seen; no verdict rests on it.
void RecordBuilder::add_kernel_reports(Record& record) const {
    auto deadlock = judge_.deadlock() ? judge_.deadlock() : judge_.standing_cycle();
    if (const auto livelock = judge_.livelock(); livelock && !deadlock) {
        deadlock = livelock->cycle;
    }
    const std::string_view release = hello_ ? std::string_view(hello_->release) : std::string_view{};
    auto& reports = record.kernel_reports.emplace();
    for (const auto& report : kernel_log_.reports()) {
        reports.push_back({ms(report.at_ns), report, second_opinion(report, deadlock, release)});
    }
}

/// Of a machine in which nothing was proven the list is what the kernel had to say of a hung task.
void RecordBuilder::add_held_locks(Record& record) const {
    const auto& found = held_locks_.found();
    if (!found || (found->is_off && !record.deadlock)) {
        return;
    }
    auto& locks = record.held_locks.emplace(Record::Locks{ms(found->at_ns), {}, found->left_out, found->is_off});
    std::ranges::copy_if(found->tasks, std::back_inserter(locks.tasks),
                         [](const auto& task) { return !task.locks.empty(); });
}

void RecordBuilder::add_phases(Record& record) const {
    for (std::size_t i = 0; i < phases_.size(); ++i) {
        const std::uint64_t end_ns = i + 1 < phases_.size() ? phases_[i + 1].at_ns : latest_ns_;
        record.phases.push_back({phases_[i].name, ms(phases_[i].at_ns), ms(end_ns)});
    }
}

}  // namespace blkhang
