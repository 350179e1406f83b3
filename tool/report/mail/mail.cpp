// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/mail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/words.h"
#include "kernels/sources.h"
#include "klog/stack.h"
#include "record/archive.h"
#include "report/compare/words.h"
#include "report/mail/attachment.h"
#include "report/mail/kernel.h"
#include "report/mail/layout.h"
#include "report/mail/regression.h"
#include "report/mail/table.h"
#include "report/mail/taint.h"
#include "report/repro/reproducer.h"
#include "report/words/cycle_words.h"
#include "report/words/export_text.h"
#include "report/words/layout.h"
#include "report/words/lock_list.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

constexpr const char* kTemplate = "mail.txt.mustache";
constexpr std::size_t kFramesShown = 48;
constexpr std::string_view kCompilerOption = "CONFIG_CC_VERSION_TEXT";
constexpr std::size_t kShown = 5;  // of lists that may be long

Upstream made_from(const Record& record, std::string_view commit = {}) {
    return upstream_of(record.kernel.release, record.kernel.version, record.run.kernel, commit);
}

Upstream made_from(const Tally& tally, const std::optional<Record>& record) {
    return record ? made_from(*record) : upstream_of(tally.release, "", tally.label);
}

std::string short_name(const Upstream& upstream, const Record& record) {
    return upstream.known() ? upstream.name() : foreign(record.kernel.release);
}

/// "Linux v7.2.12 (Debian 7.2.12-1~bpo13+1)".
std::string full_name(const Upstream& upstream, const Record& record) {
    const std::string name = fmt::format("Linux {}", short_name(upstream, record));
    return upstream.distribution.empty() ? name : fmt::format("{} ({})", name, foreign(upstream.distribution));
}

/// The function that says best what a task is about: the outermost of those that this is all about.
std::string_view key_function(const Stack& stack) {
    for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
        if (const auto function = function_of(*frame); !source_of(function).empty()) {
            return function;
        }
    }
    return {};
}

void add_line(std::vector<std::string>& list, const std::string& text) {
    if (!text.empty()) {
        add_once(list, text);
    }
}

bool is_livelock(const Record& record) { return record.deadlock && record.deadlock->kind == kLivelock; }

/// Then the cycle is what was last seen, not what was proven.
bool is_machine_lost(const Record& record) { return record.deadlock && record.deadlock->kind == kMachineLost; }

std::string headline_noun(const Record& record) {
    if (!record.deadlock) {
        return "possible deadlock";
    }
    if (is_livelock(record)) {
        return record.verdict.value == Verdict::hang ? "livelock" : "stall";
    }
    if (is_machine_lost(record)) {
        return "machine lost in a cycle of waits";
    }
    return record.deadlock->kind == kSelfDeadlock ? "self-deadlock" : "deadlock";
}

/// "block/elevator, mm/percpu: deadlock over pcpu_alloc_mutex and frozen queue".
std::string subject_words(const Record& record) {
    std::vector<std::string> areas, waits;
    if (record.deadlock) {
        for (const auto& task : record.deadlock->tasks) {
            const auto file = source_of(key_function(task.stack));
            add_line(areas, std::string(file.substr(0, file.rfind('.'))));
            add_line(waits, foreign(without_disk(task.waits_for)));
        }
    }
    if (areas.empty()) {
        areas.emplace_back("block, mm");
    }
    return fmt::format("{}: {}{}", fmt::join(areas, ", "), headline_noun(record),
                       waits.empty() ? "" : fmt::format(" over {}", fmt::join(waits, ", ")));
}

/// Of a livelock.
std::string length(const Record& record) {
    const std::string length = duration_words(record.deadlock->lasted_ms.value_or(0));
    return record.verdict.value == Verdict::hang ? fmt::format("{}, {}", length, until_when(record)) : length;
}

std::string verb(const Record& record) {
    if (!record.deadlock) {
        return "can deadlock";
    }
    if (is_livelock(record)) {
        return fmt::format("stood still for {}", length(record));
    }
    return is_machine_lost(record) ? "died in a cycle of waits" : "deadlocks";
}

/// What, where and in which functions; the one sentence that everybody reads.
std::string first_sentence(const Record& record, const Upstream& upstream) {
    std::string what;
    std::string done;
    if (record.deadlock) {
        what = foreign(in_functions(*record.deadlock));
        done = foreign(what_was_done(*record.deadlock));
    } else if (!record.verdict.reasons.empty()) {
        what = foreign(record.verdict.reasons.front());
    }
    return fmt::format("{} {}{}{}: {}.", full_name(upstream, record), verb(record), done.empty() ? "" : ", ", done,
                       what);
}

/// When it began, how it is known, what ended it; the cycle itself is told elsewhere.
std::string course(const Record& record) {
    if (!record.deadlock) {
        return what_happened(record);
    }
    const auto& deadlock = *record.deadlock;
    std::string text = fmt::format("It began {} into the load", duration_words(deadlock.closed_ms));
    const bool is_said_before = is_livelock(record);  // the first sentence says how long it lasted
    if (!is_said_before && is_machine_lost(record)) {
        text += "; the machine vanished while it stood, before it had stood long enough to be called proven.";
    } else if (!is_said_before && deadlock.detected_ms) {
        text += fmt::format(" and was proven {} later from the waits themselves.",
                            duration_words(*deadlock.detected_ms - deadlock.closed_ms));
    } else {
        text += ".";
    }
    if (deadlock.recovered_by_kill) {
        text += fmt::format(
            " {}: {}.",
            *deadlock.recovered_by_kill ? "Killing a task of the cycle freed the machine" : "No kill freed the machine",
            deadlock.recovery.value_or("no more is known"));
    }
    return text;
}

std::uint32_t inconclusive_runs(const Tally& tally) {
    std::uint32_t all = 0;
    for (const auto& [verdict, count] : tally.verdicts) {
        all += count;
    }
    return all - tally.rate.conclusive();
}

std::string how_often(const Tally& tally) {
    std::string text =
        tally.rate.conclusive() == 1
            ? "This is 1 run; how often it fails is not known."
            : fmt::format("It {}{}.", failures(tally.rate),
                          // The one that closed the cycle is none: it never ended.
                          tally.trials == 0 ? ""
                                            : fmt::format(", with {} trial{} of the dangerous situation in all",
                                                          tally.trials, tally.trials == 1 ? "" : "s"));
    if (const auto silent = inconclusive_runs(tally); silent > 0) {
        text += fmt::format(" {} more came to no verdict and {} not counted (all runs: {}).", runs(silent),
                            silent == 1 ? "is" : "are", in_words(tally.verdicts));
    }
    return text;
}

std::string other_kernels(const std::vector<Tally>& others) {
    std::vector<std::string> parts;
    parts.reserve(others.size());
    for (const Tally& tally : others) {
        parts.push_back(foreign(
            fmt::format("{} {}", tally.label.empty() ? tally.subject.kernel : tally.label, failures(tally.rate))));
    }
    return parts.empty() ? "" : fmt::format("The same profile on other kernels: {}.", fmt::join(parts, "; "));
}

std::string frames(const Stack& stack, const DecodedFrames& decoded) {
    const Stack kept = without_watching(stack);
    std::string text;
    for (std::size_t i = 0; i < std::min(kept.size(), kFramesShown); ++i) {
        const auto lines = decoded.find(kept[i]);
        if (lines == decoded.end()) {
            text += fmt::format("    {}\n", foreign(kept[i]));
            continue;
        }
        for (const std::string& line : lines->second) {
            text += fmt::format("    {}\n", foreign(line));
        }
    }
    if (kept.size() > kFramesShown) {
        text += fmt::format("    ... {} more frames\n", kept.size() - kFramesShown);
    }
    return kept.empty() ? "    (no stack)\n" : text;
}

std::string cycle(const Record& record, const DecodedFrames& decoded) {
    std::string text;
    if (!record.deadlock) {
        for (const std::string& reason : record.verdict.reasons) {
            text += wrap(foreign(reason), kMailColumns, "  ");
        }
        for (const auto& edge : record.nesting) {
            if (edge.stack.empty() || (edge.outer != Scope::percpu_mutex && edge.outer != Scope::queue_frozen)) {
                continue;
            }
            text += fmt::format("\n  {} entered in {}:\n{}", to_string(edge.inner), to_string(edge.outer),
                                frames(edge.stack, decoded));
        }
        return text;
    }
    for (const auto& task : record.deadlock->tasks) {
        const std::string state = task.state ? fmt::format(" ({})", *task.state) : "";
        text += text.empty() ? "" : "\n";
        text +=
            wrap(foreign(fmt::format("{}{} {}:", task_name(task.comm, task.pid), state, part(*record.deadlock, task))),
                 kMailColumns, "  ");
        text += frames(task.stack, decoded);
    }
    return text;
}

/// "sync[8] (D) in pcpu_alloc < mm_init".
std::string who_and_where(const Record::Blocked& task) {
    const std::string where = whereabouts(task, 2);
    return foreign(fmt::format("{} ({}){}{}", task_name(task.comm, task.pid), state_words(task.state),
                               where.empty() ? "" : " in ", where));
}

std::string tasks_after(std::string_view heading, const std::vector<const Record::Blocked*>& tasks) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(tasks.size(), kShown); ++i) {
        names.push_back(who_and_where(*tasks[i]));
    }
    return tasks.empty()
               ? ""
               : fmt::format("{}: {}{}.", heading, fmt::join(names, "; "),
                             tasks.size() > kShown ? fmt::format("; and {} more", tasks.size() - kShown) : "");
}

/// Beside the cycle, which tells the first of them. Without a cycle they are all told in its place.
Json reasons_beside(const Record& record) {
    Json list = Json::array();
    if (record.deadlock) {
        for (const std::string& reason : further_reasons(record)) {
            list.push_back(foreign(reason));
        }
    }
    return list;
}

Json kernel_messages(const Record& record) {
    Json list = Json::array();
    if (record.kernel_reports) {
        for (std::size_t i = 0; i < std::min(record.kernel_reports->size(), kShown); ++i) {
            const auto& message = record.kernel_reports->at(i);
            list.push_back(fmt::format("{}: \"{}\" ({})", duration_words(message.at_ms),
                                       foreign(message.report.headline), foreign(message.relation)));
        }
    }
    return list;
}

/// Of all tasks, those of the cycle first.
Json held_locks(const Record& record) {
    const LockList list = lock_list(record);
    if (list.note.empty()) {
        return false;
    }
    std::string rows;
    for (const auto* tasks : {&list.of_cycle, &list.of_others}) {
        for (const auto& row : *tasks) {
            rows += wrap(foreign(fmt::format("{}: {}", row.task, row.locks)), kMailColumns, "  ");
        }
    }
    return {{"heading", kLockListHeading}, {"note", list.note}, {"rows", rows}};
}

std::string options(const std::map<std::string, std::string>& config) {
    std::vector<std::string> set, unset;
    for (const auto& [option, value] : config) {
        if (option == kCompilerOption) {
            continue;  // told apart
        }
        if (value == "n") {
            unset.push_back(foreign(option));
        } else {
            set.push_back(foreign(fmt::format("{}={}", option, value)));
        }
    }
    std::string text = wrap(fmt::format("{}", fmt::join(set, " ")), kMailColumns, "  ");
    if (!unset.empty()) {
        text += wrap(fmt::format("not set: {}", fmt::join(unset, " ")), kMailColumns, "  ");
    }
    return text;
}

/// Options that the baseline has otherwise; one that only one side knows is no difference.
std::string different_options(const BugReport& report) {
    if (!report.baseline || !report.baseline->record) {
        return {};
    }
    std::vector<std::string> parts;
    for (const auto& [option, value] : report.record.kernel.config) {
        const auto& others = report.baseline->record->kernel.config;
        const auto other = others.find(option);
        if (other != others.end() && other->second != value) {
            parts.push_back(foreign(fmt::format("{}: {} there, {} here", option, other->second, value)));
        }
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::string other_machines(const Record& record) {
    if (record.run.accelerator == "tcg") {
        return "Hardware and KVM: seen in a QEMU guest under software emulation (TCG), of one machine type.";
    }
    return record.run.accelerator == "kvm" ? "Bare hardware: seen in a QEMU guest under KVM, of one machine type."
                                           : "Other machines than one.";
}

std::string commits(int count) { return fmt::format("{} commit{}", count, count == 1 ? "" : "s"); }

Json not_tested(const BugReport& report, const Upstream& upstream) {
    const Record& record = report.record;
    Json list = Json::array();
    list.push_back(other_machines(record));
    if (!upstream.commit.empty()) {
        list.push_back(fmt::format(
            "A release of kernel.org: this was built from commit {}{}.", upstream.commit,
            upstream.ahead == 0 ? "" : fmt::format(", {} after {}", commits(upstream.ahead), upstream.tag)));
    } else if (!upstream.vanilla()) {
        list.push_back(upstream.known() ? fmt::format("A vanilla kernel: this is {}, with whatever that changes.",
                                                      foreign(upstream.distribution))
                                        : fmt::format("A vanilla kernel: which one {} was made from cannot be told.",
                                                      foreign(record.kernel.release)));
    }
    const char* const bisected = report.bisected ? "" : "; nothing was bisected";
    list.push_back(report.others.empty() && !report.baseline
                       ? fmt::format("Other kernels, older or newer, mainline or stable{}.", bisected)
                       : fmt::format("Kernels that are not named above{}.", bisected));
    list.push_back(
        fmt::format("Other architectures than {}, other configurations, and other loads than that of the "
                    "profile {}.",
                    foreign(record.kernel.arch), foreign(record.profile.name)));
    if (const auto lockdep = record.kernel.config.find("CONFIG_PROVE_LOCKING");
        lockdep == record.kernel.config.end() || lockdep->second != "y") {
        list.push_back(lockdep == record.kernel.config.end()
                           ? "Whether lockdep sees it: whether this kernel has it was not recorded."
                           : "Whether lockdep sees it: this kernel is built without.");
    }
    for (std::size_t i = 0; i < std::min(record.tier.missing.size(), kShown); ++i) {
        list.push_back(
            foreign(fmt::format("Not watched: {} ({}).", record.tier.missing[i].what, record.tier.missing[i].why)));
    }
    return list;
}

/// A section of a template is left out if it is false, but not if it is an empty text.
Json or_false(const std::string& text) { return text.empty() ? Json(false) : Json(text); }

class MailView {
public:
    explicit MailView(const BugReport& report)
        : report_(report), record_(report.record), upstream_(made_from(report.record, report.commit)) {
        if (report.baseline) {
            good_ = made_from(report.baseline->pair.before.tally, report.baseline->record);
            finding_ = judge_baseline(report.baseline->pair, good_, upstream_, report.baseline->settings_known);
        }
    }

    [[nodiscard]] Json values() const {
        const Reproducer run = reproducer_of(record_, report_.profile ? &*report_.profile : nullptr,
                                             report_.shipped ? &*report_.shipped : nullptr);
        const auto [blocked, looping, others] = tasks_beside(record_);
        const Json reasons = reasons_beside(record_);
        return {{"headers", headers()},
                {"first", first_sentence(record_, upstream_)},
                {"regzbot", finding_.regression ? Json(introduced()) : Json(false)},
                {"facts", facts()},
                {"bisected", report_.bisected ? Json(foreign(named(*report_.bisected))) : Json(false)},
                {"trailers", or_false(trailers())},
                {"baseline", finding_.words},
                {"table", table()},
                {"how_often", how_often(report_.tally)},
                {"others", other_kernels(report_.others)},
                {"course", foreign(course(record_))},
                {"decoded", !report_.decoded.empty()},
                {"cycle", cycle(record_, report_.decoded)},
                {"is_cycle", record_.deadlock.has_value()},
                {"held_locks", held_locks(record_)},
                {"has_reasons", !reasons.empty()},
                {"reasons", reasons},
                {"looping", tasks_after(kLoopingHeading, looping)},
                {"blocked", tasks_after(blocked_heading(record_), blocked)},
                {"not_blocked", tasks_after(kNotBlockedHeading, others)},
                {"messages", kernel_messages(record_)},
                {"has_messages", record_.kernel_reports && !record_.kernel_reports->empty()},
                {"what_blkhang_is", kWhatBlkhangIs},
                {"tool", foreign(fmt::format("{} ({})", record_.tool.version, record_.tool.commit))},
                {"command", command_lines(run, kMailColumns, 2)},
                {"own_kernel", run.kernel.empty()},
                {"has_settings", report_.profile.has_value()},
                {"ships", report_.shipped.has_value()},
                {"is_changed", run.profile.starts_with("./")},
                {"by_hand", by_hand_steps()},
                {"kernel",
                 foreign(fmt::format("{} {} {}", record_.kernel.release, record_.kernel.version, record_.kernel.arch))},
                {"taint", taint_paragraph(record_.kernel.taint_before, record_.kernel.taint_after)},
                {"config", options(record_.kernel.config)},
                {"has_config", !record_.kernel.config.empty()},
                {"config_differences", or_false(different_options(report_))},
                {"not_tested", not_tested(report_, upstream_)}};
    }

private:
    [[nodiscard]] std::string headers() const {
        Recipients recipients = report_.maintainers ? *report_.maintainers : lists_for(sources_of(record_));
        if (finding_.regression) {
            recipients.cc.emplace_back("regressions@lists.linux.dev");
            if (upstream_.stable()) {
                recipients.cc.emplace_back("stable@vger.kernel.org");
            }
        }
        if (report_.bisected) {
            for (const std::string& person : report_.bisected->people) {
                if (std::ranges::find(recipients.to, person) == recipients.to.end()) {
                    add_once(recipients.cc, person);
                }
            }
        }
        const std::string subject = fmt::format("[{}] {}, {}", finding_.regression ? "REGRESSION" : "BUG",
                                                subject_words(record_), short_name(upstream_, record_));
        std::string text = address_header("To", recipients.to) + address_header("Cc", recipients.cc) +
                           wrap(subject, kMailColumns, "Subject: ");
        text.pop_back();  // the template ends the line
        return text;
    }

    /// A bisection names one commit; else it is somewhere between the two that were measured.
    [[nodiscard]] std::string introduced() const {
        return report_.bisected ? report_.bisected->hash : fmt::format("{}..{}", good_.ref(), upstream_.ref());
    }

    static std::string named(const BisectedCommit& commit) {
        constexpr std::size_t kDigits = 12;
        const std::string hash = commit.hash.substr(0, kDigits);
        return commit.subject.empty() ? hash : fmt::format("{} (\"{}\")", hash, one_line(commit.subject));
    }

    /// What makes the kernel the one that it is, a line each.
    [[nodiscard]] std::string facts() const {
        std::string text;
        const auto add = [&text](const char* what, const std::string& value) {
            text += value.empty() ? "" : fmt::format("  {:<10}{}\n", what, value);
        };
        add("commit:", upstream_.distribution.empty() ? upstream_.name() : "");
        add("tree:", upstream_.distribution.empty()
                         ? std::string(upstream_.tree())
                         : foreign(fmt::format("{}, made from {}", upstream_.distribution, upstream_.name())));
        const auto compiler = record_.kernel.config.find(std::string(kCompilerOption));
        add("compiler:", compiler == record_.kernel.config.end() ? "" : foreign(compiler->second));
        add("config:", report_.config.empty() ? "" : "attached");
        add("link:", report_.link);
        return text;
    }

    /// What a fix is asked to carry, ready to be copied.
    [[nodiscard]] std::string trailers() const {
        std::string text;
        const auto add = [&text](std::string_view tag, const std::string& value) {
            text += value.empty() ? "" : fmt::format("  {}: {}\n", tag, value);
        };
        if (report_.bisected && !report_.bisected->subject.empty()) {
            add("Fixes", named(*report_.bisected));
        }
        add("Reported-by", foreign(report_.reporter));
        add("Closes", report_.link);
        return text;
    }

    [[nodiscard]] std::string table() const {
        const MailColumn head{short_name(upstream_, record_), &report_.tally};
        if (!report_.baseline) {
            return fail_runs_table(nullptr, head, report_.symptoms);
        }
        const Tally& before = report_.baseline->pair.before.tally;
        const MailColumn base{good_.known() ? good_.name() : foreign(before.release), &before};
        return fail_runs_table(&base, head, report_.symptoms);
    }

    [[nodiscard]] Json by_hand_steps() const {
        Json steps = Json::array();
        if (report_.profile) {
            for (const std::string& step : by_hand(*report_.profile)) {
                steps.push_back(foreign(step));
            }
        }
        return steps;
    }

    const BugReport& report_;
    const Record& record_;
    Upstream upstream_, good_;
    BaselineFinding finding_;
};

}  // namespace

bool is_vanilla(const Record& record) { return made_from(record).vanilla(); }

Result<std::string> render_mail(const BugReport& report, const Templates& templates) {
    return templates.render(kTemplate, MailView(report).values()).map(laid_out_mail).map([&](const std::string& mail) {
        return report.config.empty() ? mail : with_attachment(mail, "config.txt", report.config);
    });
}

}  // namespace blkhang
