// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/recovered_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/units.h"
#include "diagnose/diagnosis.h"
#include "record/files.h"
#include "record/watch_profile.h"

namespace blkhang {
namespace {

/// A watcher says something each second or two. One that has said nothing for so long, while its journal's thread went
/// on, stands still.
constexpr std::uint64_t kStandstillNs = 10 * kNsPerS;

std::string utc(std::uint64_t time_ns) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(time_ns / kNsPerS)));
}

double seconds(std::uint64_t ns) { return static_cast<double>(ns) / kNsPerS; }

std::string what_is_lacking(const SurvivingRun& run) {
    std::vector<std::string> parts;
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) {
            parts.push_back(fmt::format("{} {}", count, what));
        }
    };
    add(run.missing, "blocks missing or overwritten by later ones");
    add(run.damaged, "blocks torn or damaged, which were skipped");
    add(run.torn, "lines of which a part is missing");
    add(run.lost, "lines that did not get out of the machine");
    return fmt::format("{}", fmt::join(parts, "; "));
}

Record::Deadlock deadlock_of(const Deadlock& circle) {
    Record::Deadlock result{};
    result.kind = std::string(to_string(circle.kind));
    for (const DeadlockTask& task : circle.tasks) {
        result.tasks.push_back({task.pid, task.comm, std::nullopt, task.waits_for, task.holds, task.stack});
    }
    return result;
}

/// The log speaks where the stream of observations does not prove anything.
void add_diagnosis(Record& record, const Diagnosis& diagnosis) {
    const Verdict by_log = verdict_of(diagnosis.answer);
    auto& verdict = record.verdict.value;
    const std::string told = fmt::format("by the kernel's log: {}", diagnosis.headline);
    if (by_log >= verdict || (by_log != Verdict::hang && by_log != Verdict::hazard)) {
        record.verdict.reasons.push_back(told);
        return;
    }
    verdict = by_log;
    record.verdict.reasons.insert(record.verdict.reasons.begin(), diagnosis.reasons.begin(), diagnosis.reasons.end());
    record.verdict.reasons.insert(record.verdict.reasons.begin(), told);
    if (diagnosis.circle && !record.deadlock) {
        record.deadlock = deadlock_of(*diagnosis.circle);
    }
    if (record.kernel.release.empty()) {
        record.kernel.release = diagnosis.release;
    }
}

}  // namespace

std::string last_moments(const SurvivingRun& run, std::optional<std::uint64_t> next_boot_ns) {
    if (!run.last) {
        return "there is no sign of life";
    }
    std::string text = fmt::format("the last sign of life ({}) is of {}, after {:.1f} s of uptime", run.source,
                                   utc(run.last->time_ns), seconds(run.last->uptime_ns));
    if (!next_boot_ns || *next_boot_ns < run.last->time_ns) {
        return text + "; when the machine was started again is not known";
    }
    return fmt::format("{}; the machine was started again at {}: nothing is known of the {:.0f} s between", text,
                       utc(*next_boot_ns), seconds(*next_boot_ns - run.last->time_ns));
}

Result<RecoveredRecord> RecoveredRecord::open(RecordClaim claim, RunFacts facts) {
    facts.profile = kWatchProfile;
    facts.site = "watch";
    auto recorder = Recorder::open(std::move(claim), std::move(facts), watch_profile(files::kLongestLoad));
    if (!recorder) {
        return fail(recorder.error());
    }
    return RecoveredRecord(std::move(*recorder));
}

void RecoveredRecord::begin_text(std::string_view name) {
    has_text_ = true;
    story_.begin_text(name);
    recorder_.console(fmt::format("==> {} <==\n", name.empty() ? "standard input" : name));
}

void RecoveredRecord::line(std::string_view line) {
    story_.line(line);
    recorder_.console(fmt::format("{}\n", line));
}

void RecoveredRecord::take_in(const SurvivingRun& run) {
    for (std::size_t i = 0; i < run.lines.size(); ++i) {
        if (run.has_gap_at(i)) {
            recorder_.lost_track();
        }
        if (const auto observation = recorder_.line(run.lines[i])) {
            latest_ns_ = std::max(latest_ns_, time_of(*observation));
            ended_ |= std::holds_alternative<seen::End>(*observation);
        }
    }
    // Where lines are missing that never got into a block is not known: any wait that seems to stand may have ended.
    if (run.has_gap_at(run.lines.size()) || run.lost > 0) {
        recorder_.lost_track();
    }
}

RunEnd RecoveredRecord::end_of(const SurvivingRun& run, std::optional<std::uint64_t> next_boot_ns) const {
    RunEnd end;
    // A machine that was switched off in good health had a watcher that moved until then; what waits stood at that
    // moment would have ended. If the watcher stood still, it would not.
    const bool knows_end = !run.has_gap_at(run.lines.size()) && run.lost == 0;
    const bool stood_still =
        knows_end && latest_ns_ > 0 && run.last && run.last->uptime_ns > latest_ns_ + kStandstillNs;
    end.ended = ended_ ? Ended::orderly : stood_still ? Ended::lost : Ended::interrupted;
    end.detail = last_moments(run, next_boot_ns);
    if (stood_still && !ended_) {
        end.detail +=
            fmt::format("; the watcher stood still for the last {:.1f} s", seconds(run.last->uptime_ns - latest_ns_));
    }
    if (run.first) {
        end.started = utc(run.first->time_ns);
    }
    if (run.first && run.last) {
        end.total_s = seconds(run.last->uptime_ns - run.first->uptime_ns);
    }
    return end;
}

Result<Record> RecoveredRecord::finish(const std::optional<SurvivingRun>& run,
                                       std::optional<std::uint64_t> next_boot_ns) {
    RunEnd end;
    end.ended = Ended::interrupted;
    end.detail = "no stream of observations survived";
    if (run) {
        take_in(*run);
        end = end_of(*run, next_boot_ns);
    }
    const LogStory story = story_.finish();
    return recorder_.finish(end, [&](Record& record) {
        auto& [verdict, reasons] = record.verdict;
        // That a machine went away says nothing against blkhang, and nothing for or against its kernel.
        if (verdict == Verdict::error || verdict == Verdict::clean) {
            if (verdict == Verdict::clean) {
                reasons = {"nothing was seen, which is no verdict on a kernel: no load was put on it"};
            }
            verdict = Verdict::inconclusive;
        }
        if (has_text_) {
            add_diagnosis(record, diagnose(story));
        }
        if (run) {
            if (const auto lacking = what_is_lacking(*run); !lacking.empty()) {
                reasons.push_back(fmt::format("of the evidence is lacking: {}", lacking));
            }
            const bool told =
                std::ranges::any_of(reasons, [&](const std::string& why) { return why.ends_with(end.detail); });
            if (!told) {
                reasons.push_back(end.detail);
            }
        }
    });
}

}  // namespace blkhang
