// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/shell.h"
#include "base/units.h"
#include "base/words.h"
#include "profile/shipped.h"
#include "record/files.h"
#include "record/matrix.h"
#include "record/suspected_hang.h"
#include "report/repro/reproducer.h"
#include "report/words/cycle_words.h"
#include "report/words/stack_places.h"
#include "report/words/stack_view.h"

namespace blkhang {
namespace {

/// What was done and in which functions, after the words that say what came of it.
std::string told(std::string_view what_came, const Record::Deadlock& deadlock) {
    const std::string done = what_was_done(deadlock);
    return fmt::format("{}{}{}: {}.", what_came, done.empty() ? "" : " while ", done, in_functions(deadlock));
}

std::string stood_still(const Record::Deadlock& deadlock) {
    return told(fmt::format("The machine stood still for {}", duration_words(deadlock.lasted_ms.value_or(0))),
                deadlock);
}

std::string hang(const Record& record) {
    if (!record.deadlock) {
        return "The kernel hung.";
    }
    const auto& deadlock = *record.deadlock;
    if (deadlock.kind == kMachineLost) {
        return told("The machine died in a cycle of waits that nothing can end from within", deadlock);
    }
    return deadlock.kind == kLivelock ? stood_still(deadlock) : told("The kernel deadlocked", deadlock);
}

/// When the cycle closed, and how fast that was known.
std::string closing(const Record& record) {
    const auto& deadlock = *record.deadlock;
    std::string text = fmt::format("It closed {} into the load", duration_words(deadlock.closed_ms));
    if (deadlock.kind == kMachineLost) {
        return text +
               "; the machine vanished before it had stood long enough to be called proven: that it vanished there is "
               "the evidence.";
    }
    if (deadlock.kind == kLivelock) {
        text += record.verdict.value == Verdict::hang
                    ? fmt::format(" and stood {}: that is a hang", until_when(record))
                    : fmt::format(" and stood for {}; a hang is what stands for a minute, to the end",
                                  duration_words(deadlock.lasted_ms.value_or(0)));
    } else if (deadlock.detected_ms) {
        text += fmt::format(" and was proven {} later", duration_words(*deadlock.detected_ms - deadlock.closed_ms));
    }
    if (deadlock.detected_ms && deadlock.written_ms) {
        text += fmt::format("; the proof had left the machine {} after that",
                            duration_words(*deadlock.written_ms - *deadlock.detected_ms));
    }
    return text + ".";
}

constexpr std::string_view kHowALivelockStands =
    "One edge of it is memory: who needs some cannot get it alone, and those that could free some wait for it. A task "
    "that needs memory may be found running: it tries to free some, in vain, again and again.";

std::string_view breakdown(const Record& record) {
    return record.deadlock ? "blkhang or its guest broke before there was a verdict, so this is none. What had been "
                             "seen until then is below."
                           : "blkhang or its guest broke. That says nothing about the kernel.";
}

/// What --guest and --kernels take.
std::string kernel_argument(const Record& record) { return shell_quoted(kernel_as_asked_for(record.run.kernel)); }

/// What a command finds the run by.
struct RunArguments {
    std::string directory;  ///< not quoted yet
    std::string profile;    ///< a built-in name only where it stands for the very same settings
    std::string on_host;    ///< "--on-this-host ..."
};

/// What --guest KERNEL, or its opposite, was.
std::string place_argument(const Record& record, const RunArguments& run) {
    if (was_on_host(record)) {
        return fmt::format(" {}", run.on_host);
    }
    return record.run.kernel.empty() ? "" : fmt::format(" --guest {}", kernel_argument(record));
}

/// What tells how well its kernel can be watched.
std::string check_again(const Record& record, std::string_view unknown_kernel) {
    const auto kernel = record.run.kernel.empty() ? std::string(unknown_kernel) : kernel_argument(record);
    return was_on_host(record) || kernel.empty() ? "blkhang check" : fmt::format("blkhang check --guest {}", kernel);
}

RunArguments arguments_of(const Record& record, const std::string& directory, bool as_shipped,
                          const std::string& on_host) {
    return {directory,
            shell_quoted(as_shipped ? record.profile.name : fmt::format("{}/{}", directory, files::kProfile)),
            on_host.empty() ? std::string(kOnThisHost) : on_host};
}

/// The same run again, stock, with these arguments besides.
std::string run_again(const Record& record, const RunArguments& run, std::string_view options = {}) {
    return fmt::format("blkhang run {}{}{}{}", run.profile, place_argument(record, run), options.empty() ? "" : " ",
                       options);
}

/// The planted bug of the kind of the record's profile, where that is one of ours.
std::string control_of(const Record& record) {
    const auto names = shipped_profiles();
    const bool is_ours = std::ranges::find(names, record.profile.name) != names.end();
    const auto profile = is_ours ? load_profile(record.profile.name) : fail(Fault::usage, "not ours");
    return profile ? profile->calibrate : kCalibrationPlant;
}

std::vector<NextStep> after_a_planted_finding(const Record& record, const RunArguments& run) {
    const std::string what = record.verdict.value == Verdict::hang
                                 ? "The positive control worked."
                                 : "A positive control works when it is called a hang; this is only a hazard.";
    return {{what + " See the kernel as it is:", {run_again(record, run)}}};
}

std::vector<NextStep> after_a_finding(const Record& record, const RunArguments& run) {
    if (!record.plant.empty()) {
        return after_a_planted_finding(record, run);
    }
    const auto report = [&](std::string_view arguments) {
        return fmt::format("blkhang report {} {}", shell_quoted(run.directory), arguments);
    };
    std::vector<NextStep> steps{{"Read the stacks with every frame:", {report("--stacks full")}}};
    if (was_on_host(record)) {
        steps.push_back({record.verdict.value == Verdict::hang
                             ? "See it again on this host, once that was reset and `blkhang cleanup` has undone what "
                               "the reset has not:"
                             : "See it again on this host:",
                         {run_again(record, run)}});
    }
    // That is about guests, and takes a list of profiles.
    const bool is_for_a_matrix =
        !record.run.kernel.empty() && !was_on_host(record) && run.profile.find(',') == std::string::npos;
    if (is_for_a_matrix) {
        steps.push_back({"How often does it happen? Ten runs give the rate, and how sure it is:",
                         {fmt::format("blkhang matrix --kernels {} --profiles {} --repeat 10", kernel_argument(record),
                                      run.profile)}});
    }
    steps.push_back(
        {"Try the newest kernel of the series with the same profile. If that fails, too, report it: this "
         "writes the mail for linux-mm and linux-block, and a file with all the evidence to go with it.",
         {report("--format mail"), report("--bundle evidence.tar.zst")}});
    return steps;
}

std::vector<NextStep> after_clean(const Record& record, const RunArguments& run) {
    if (!record.plant.empty()) {
        return {{fmt::format("This kernel survived the bug {} as planted: the profile does not provoke it here, or it "
                             "is harmless, as a planted fix should be.",
                             record.plant),
                 {}}};
    }
    std::vector<NextStep> steps{
        {"Clean holds for this kernel, this profile and this load. More trials, with more time:",
         {run_again(record, run, "--duration 10m")}}};
    if (!was_on_host(record)) {  // where nothing is planted
        steps.push_back({"Would a hang have been seen in this kernel? The positive control has to be called one:",
                         {run_again(record, run, fmt::format("--plant {}", control_of(record)))}});
    }
    return steps;
}

std::vector<NextStep> after_inconclusive(const Record& record, const RunArguments& run) {
    std::vector<NextStep> steps;
    if (std::ranges::any_of(record.coverage, [](const auto& item) { return !item.met; })) {
        steps.push_back(
            {"Coverage was missing: the table tells which part of the load did too little. Give it more "
             "time:",
             {run_again(record, run, "--duration 10m")}});
    }
    if (record.lost_events > 0 || record.run.damaged_lines > 0 || record.truncated) {
        steps.push_back(
            {"Evidence was lost: run again. If it is lost again, use a lighter load with --set; this shows "
             "what there is to set:",
             {fmt::format("blkhang profiles {}", run.profile)}});
    }
    if (steps.empty()) {
        steps.push_back(
            {"Run again. How well this kernel can be watched is told by:", {check_again(record, "KERNEL")}});
    }
    return steps;
}

}  // namespace

std::string part(const Record::Deadlock& deadlock, const Record::Task& task) {
    return deadlock.kind == kSelfDeadlock ? role_alone(task.waits_for) : role(task);
}

std::string role(const Record::Task& task) { return role(task.holds, task.waits_for); }

std::string duration_words(double ms) {
    return std::abs(ms) < kMsPerS ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.1f} s", ms / kMsPerS);
}

std::string_view until_when(const Record& record) {
    return record.run.ended == Ended::orderly ? "to the end of the run" : "to the last that was heard of the machine";
}

std::string what_happened(const Record& record) {
    std::string text;
    switch (record.verdict.value) {
        case Verdict::hang:
            text = hang(record);
            break;
        case Verdict::hazard:
            if (record.deadlock && record.deadlock->kind == kLivelock) {
                text = stood_still(*record.deadlock);
                break;
            }
            if (is_suspicion(record)) {
                text =
                    "No deadlock is proven: nothing but the stacks of blocked tasks was looked at. They did not move "
                    "to "
                    "the end and fit a known hang, but part of its circle is inferred.";
                break;
            }
            text =
                "No task was caught in a deadlock, but the nesting seen forms a cycle through a lock: on this kernel "
                "the deadlock is possible, and an unlucky run may hit it.";
            break;
        case Verdict::clean:
            text = fmt::format(
                "No deadlock, and no nesting that would allow one, {}. All that the profile demands was exercised, and "
                "nothing that happened was missed.",
                record.trials == 0 ? "and on this kernel the dangerous situation cannot arise"
                                   : fmt::format("although the dangerous situation arose {} times", record.trials));
            break;
        case Verdict::inconclusive:
            text = "Nothing bad was seen, but not enough was seen to call this kernel clean.";
            break;
        case Verdict::unsupported:
            text = "This kernel or host lacks what the profile needs. That says nothing about the hang.";
            break;
        case Verdict::error:
            text = breakdown(record);
            break;
    }
    if (!record.plant.empty()) {
        text += fmt::format(
            " The bug {} was planted on purpose: this is about what blkhang can see, not about the kernel "
            "as it is shipped.",
            record.plant);
    }
    return text;
}

bool is_finding(const Record& record) { return record.deadlock && record.verdict.value != Verdict::error; }

std::vector<std::string> why(const Record& record) {
    return is_finding(record) ? std::vector<std::string>{} : further_reasons(record);
}

std::vector<std::string> how_it_is_known(const Record& record) {
    if (!is_finding(record)) {
        return {};
    }
    const auto& deadlock = *record.deadlock;
    std::vector<std::string> known{closing(record)};
    if (deadlock.kind == kLivelock) {
        known.emplace_back(kHowALivelockStands);
    }
    if (deadlock.recovered_by_kill) {
        known.push_back(fmt::format("{}: {}.",
                                    *deadlock.recovered_by_kill
                                        ? "Killing a task of the cycle freed the machine, which confirms it"
                                        : "No kill freed the machine",
                                    deadlock.recovery.value_or("no more is known")));
    }
    for (const auto& reason : further_reasons(record)) {
        known.push_back(reason);
    }
    return known;
}

std::vector<std::string> further_reasons(const Record& record) {
    const std::string told = what_happened(record);
    const std::string cycle = record.deadlock ? by_names(*record.deadlock) : "";
    std::vector<std::string> reasons;
    for (const auto& reason : record.verdict.reasons) {
        const bool is_the_cycle = !cycle.empty() && reason.ends_with(cycle);
        const bool is_told_as_clean = record.verdict.value == Verdict::clean &&
                                      reason.starts_with(fmt::format("{} trials; coverage met", record.trials));
        if (!is_the_cycle && !is_told_as_clean && told.find(reason) == std::string::npos) {
            reasons.push_back(reason);
        }
    }
    return reasons;
}

TasksBeside tasks_beside(const Record& record) {
    const bool is_livelock = record.deadlock && record.deadlock->kind == kLivelock;
    TasksBeside beside;
    for (const auto& task : record.blocked_tasks) {
        const bool loops = is_livelock && task.state != 'D' && reclaims_directly(task.stack);
        (task.state == 'D' ? beside.blocked : loops ? beside.looping : beside.others).push_back(&task);
    }
    return beside;
}

std::string whereabouts(const Record::Blocked& task, std::size_t frames, std::size_t columns) {
    if (task.state == 'D' || !reclaims_directly(task.stack)) {
        return brief(task.stack, frames, columns);
    }
    const std::string owns = shows_percpu_owner(task.stack) ? fmt::format(", owns {}", kPercpuMutex) : "";
    return brief_of_reclaim(task.stack, frames, columns - std::min(columns, owns.size())) + owns;
}

std::string_view blocked_heading(const Record& record) {
    return record.deadlock ? "Blocked behind it" : "Blocked when the run ended";
}

std::string state_words(char state) {
    switch (state) {
        case 'R':
            return "running";
        case 'S':
            return "sleeping";
        default:
            return std::string(1, state);
    }
}

std::vector<NextStep> next_steps(const Record& record, const std::string& directory, bool as_shipped,
                                 const std::string& on_host) {
    const RunArguments run = arguments_of(record, directory, as_shipped, on_host);
    switch (record.verdict.value) {
        case Verdict::hang:
        case Verdict::hazard:
            return is_suspicion(record) ? after_inconclusive(record, run) : after_a_finding(record, run);
        case Verdict::clean:
            return after_clean(record, run);
        case Verdict::inconclusive:
            return after_inconclusive(record, run);
        case Verdict::unsupported:
            return {{"What this kernel and host offer, and what is missing:", {check_again(record, "")}}};
        case Verdict::error:
            break;
    }
    return {{"Look at what the machine said last, then run again:",
             {fmt::format("tail {}", shell_quoted(directory + (record.run.site ? "/kmsg.log" : "/console.log"))),
              run_again(record, run)}}};
}

}  // namespace blkhang
