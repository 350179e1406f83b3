// SPDX-License-Identifier: GPL-2.0-only
#include "publish/mail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/path_name.h"
#include "profile/shipped.h"
#include "publish/commit.h"
#include "publish/evidence.h"
#include "publish/kernel_config.h"
#include "publish/maintainers.h"
#include "publish/symbolize.h"
#include "publish/tester.h"
#include "record/files.h"
#include "record/suspected_hang.h"
#include "record/verdict_counts.h"
#include "report/compare/compare.h"
#include "report/compare/mail.h"
#include "report/compare/words.h"
#include "report/mail/kernel.h"
#include "report/mail/mail.h"
#include "report/repro/reproducer.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

bool fails(const Tally& tally) { return tally.rate.failed > 0; }

std::string list(const std::vector<Tally>& tallies) {
    std::vector<std::string> names;
    names.reserve(tallies.size());
    for (const Tally& each : tallies) {
        names.push_back(describe(each.subject));
    }
    return fmt::format("{}", fmt::join(names, "; "));
}

/// What was asked for, of the kernel and profile that the user named.
Result<std::vector<Tally>> subjects(const Matrix& matrix, const MailRequest& request) {
    std::vector<Tally> all = tally(matrix);
    std::erase_if(all, [](const Tally& each) { return each.calibration; });
    std::vector<Tally> chosen = all;
    std::erase_if(chosen, [&](const Tally& each) {
        return (!request.kernel.empty() && each.subject.kernel != request.kernel) ||
               (!request.profile.empty() && each.subject.profile != request.profile);
    });
    if (chosen.empty()) {
        return fail(Error(Fault::usage, fmt::format("{} holds no such runs", request.directory.string()))
                        .hint(all.empty() ? "it is empty" : fmt::format("it holds {}", list(all))));
    }
    return chosen;
}

std::string verdicts(const std::vector<Tally>& tallies) {
    std::vector<std::string> parts;
    parts.reserve(tallies.size());
    for (const Tally& each : tallies) {
        parts.push_back(tallies.size() == 1 ? std::string(to_string(each.verdict))
                                            : fmt::format("{}: {}", describe(each.subject), to_string(each.verdict)));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

/// Nothing fails there. With a baseline that does, it may be a fix.
Result<std::string> mail_of_a_fix(const MailRequest& request, const Matrix& runs, const std::vector<Tally>& chosen) {
    const std::string nothing =
        fmt::format("nothing to report in {}: the verdict is {}", request.directory.string(), verdicts(chosen));
    if (request.baseline.empty()) {
        return fail(Fault::usage, nothing);
    }
    const auto baseline = Directory::open(request.baseline).and_then(read_runs);
    if (!baseline) {
        return fail_within(baseline.error(), "--baseline");
    }
    const Comparison comparison = compare(*baseline, runs);
    if (comparison.outcome != Outcome::good) {
        return fail(Error(Fault::usage, nothing)
                        .hint(fmt::format("nor is it a fix of what the baseline shows: {}",
                                          comparison.pairs.empty()          ? "the two have nothing in common"
                                          : !comparison.differences.empty() ? words(comparison.differences.front())
                                          : !comparison.unknown.empty()     ? comparison.notes.back()
                                                                            : statement(comparison.pairs.front()))));
    }
    return mail_paragraph(comparison, tester());
}

/// The one kernel and profile that the mail is about.
Result<Tally> subject_of(const std::vector<Tally>& chosen, const MailRequest& request) {
    std::vector<Tally> failing;
    std::vector<Tally> planted;
    for (const Tally& each : chosen) {
        if (fails(each)) {
            (each.subject.plant.empty() ? failing : planted).push_back(each);
        }
    }
    if (failing.empty()) {
        return fail(
            Error(Fault::usage, fmt::format("{}: the bug {} was planted on purpose; that is no bug of the kernel",
                                            request.directory.string(), planted.front().subject.plant))
                .hint("report what the kernel does without it: run again without --plant"));
    }
    if (failing.size() > 1) {
        return fail(Error(Fault::usage, fmt::format("{} failed: {}", failing.size(), list(failing)))
                        .hint("a mail is about one: choose with --kernel and --profile"));
    }
    return failing.front();
}

/// A run's record, and what it left beside it.
struct Run {
    Record record;
    std::optional<Profile> profile;
    std::string kernel_config;  ///< whoever made the record says that it is one
};

/// Which of a subject's runs is asked for: the worst failure (a proven hang, else a hazard), or what a baseline is best
/// known by (a clean run, else whatever came nearest to one). A run that broke says nothing, so it is neither.
enum class Wanted { failure, baseline };

bool will_do(Verdict verdict, Wanted wanted) {
    return wanted == Wanted::failure ? is_failure(verdict) : verdict != Verdict::error;
}

bool is_better(Verdict one, Verdict other, Wanted wanted) {
    return wanted == Wanted::failure ? is_worse(one, other) : is_worse(other, one);
}

/// Nothing if no such run left a record.
Result<std::optional<Run>> run_of(const fs::path& path, const Subject& subject, Wanted wanted) {
    const auto directory = Directory::open(path);
    const auto is_matrix = directory.and_then(holds_matrix);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    if (!*is_matrix) {
        return read_record(*directory).map([&](Record record) {
            return will_do(record.verdict.value, wanted)
                       ? std::optional(Run{std::move(record), profile_in(*directory), kernel_config_in(*directory)})
                       : std::nullopt;
        });
    }
    auto results = read_test_results(*directory);
    if (!results) {
        return fail(results.error());
    }
    std::optional<Run> best;
    for (TestSuite& suite : results->suites) {
        for (TestCase& test : suite.cases) {
            auto& record = test.evidence.record;
            if (!record || test.result.calibration || test.result.subject != subject ||
                !will_do(record->verdict.value, wanted)) {
                continue;
            }
            if (!best || is_better(record->verdict.value, best->record.verdict.value, wanted)) {
                const auto cell = cell_in(*directory, test.result.id);
                best = Run{std::move(*record), cell ? profile_in(*cell) : std::nullopt,
                           cell ? kernel_config_in(*cell) : ""};
            }
        }
    }
    return best;
}

/// The runs of one subject, with those that calibrate it.
Matrix only(const Matrix& matrix, const Subject& subject) {
    Matrix side = side_of(matrix, subject.kernel, subject.plant);
    std::erase_if(side.cells, [&](const CellResult& cell) { return cell.subject.profile != subject.profile; });
    side.planned = static_cast<std::uint32_t>(side.cells.size());
    return side;
}

/// The baseline's runs that compare: of the same profile, nothing planted, on one kernel.
Result<Tally> counterpart(const Matrix& baseline, const Tally& bad, const fs::path& path) {
    std::vector<Tally> all = tally(baseline);
    std::erase_if(all, [](const Tally& each) { return each.calibration; });
    std::vector<Tally> fitting = all;
    std::erase_if(fitting, [&](const Tally& each) {
        return each.subject.profile != bad.subject.profile || !each.subject.plant.empty();
    });
    const std::string where = fmt::format("--baseline {}", path.string());
    if (fitting.empty()) {
        return fail(Error(Fault::usage, fmt::format("{} has no run of the profile {} with nothing planted", where,
                                                    bad.subject.profile))
                        .hint(all.empty() ? "it is empty" : fmt::format("it holds {}", list(all))));
    }
    if (fitting.size() > 1) {
        return fail(Error(Fault::usage, fmt::format("{} holds several kernels: {}", where, list(fitting)))
                        .hint("a baseline is one kernel"));
    }
    const Tally& good = fitting.front();
    if (good.release == bad.release && good.label == bad.label) {
        return fail(Fault::usage, fmt::format("{} is of the same kernel, {}", where, bad.release));
    }
    return good;
}

Result<BugReport::Baseline> baseline_of(const MailRequest& request, const Matrix& runs, const BugReport& report) {
    std::error_code none;
    if (fs::equivalent(request.baseline, request.directory, none)) {
        return fail(Fault::usage, "--baseline is the directory that the mail is about");
    }
    const auto matrix = Directory::open(request.baseline).and_then(read_runs);
    if (!matrix) {
        return fail_within(matrix.error(), "--baseline");
    }
    const auto good = counterpart(*matrix, report.tally, request.baseline);
    if (!good) {
        return fail(good.error());
    }
    const auto run = run_of(request.baseline, good->subject, Wanted::baseline);
    const auto profile = run && *run ? (*run)->profile : std::nullopt;
    const bool settings_known = profile && report.profile;
    if (settings_known && !same_settings(*profile, *report.profile)) {
        return fail(Error(Fault::usage, fmt::format("--baseline {} ran the profile {} with other settings",
                                                    request.baseline.string(), report.tally.subject.profile))
                        .hint("run both kernels with the same"));
    }
    const Comparison comparison = compare(only(*matrix, good->subject), only(runs, report.tally.subject));
    if (comparison.pairs.size() != 1) {
        return fail(Fault::broken, "the baseline cannot be compared");
    }
    return BugReport::Baseline{comparison.pairs.front(), run && *run ? std::optional((*run)->record) : std::nullopt,
                               settings_known};
}

std::vector<Stack> stacks_of(const Record& record) {
    std::vector<Stack> stacks;
    if (record.deadlock) {
        for (const auto& task : record.deadlock->tasks) {
            stacks.push_back(task.stack);
        }
    } else {
        for (const auto& edge : record.nesting) {
            stacks.push_back(edge.stack);
        }
    }
    return stacks;
}

void advise(const Record& record, const MailRequest& request) {
    const fs::path installed = fmt::format("/usr/lib/debug/boot/vmlinux-{}", record.kernel.release);
    std::error_code none;
    if (request.vmlinux.empty() && is_path_name(record.kernel.release) && fs::exists(installed, none)) {
        spdlog::warn("{} is installed here: with it as --vmlinux the stacks have files and lines", installed.string());
    }
    if (!is_vanilla(record)) {
        spdlog::warn(
            "{} is not known to be a vanilla kernel: before this is sent, see whether one of kernel.org fails, too, or "
            "report it to the distribution",
            record.kernel.release);
    }
}

Status add_what_was_said(const MailRequest& request, BugReport& report) {
    const Record& record = report.record;
    if (auto checked =
            check_commit(request.commit, upstream_of(record.kernel.release, record.kernel.version, record.run.kernel));
        !checked) {
        return checked;
    }
    report.commit = request.commit;
    report.link = request.link;
    report.reporter = tester();
    if (!request.bisected.empty()) {
        auto commit = request.tree.empty() ? Result<BisectedCommit>(BisectedCommit{request.bisected, {}, {}})
                                           : commit_in(request.tree, request.bisected);
        if (!commit) {
            return fail(commit.error());
        }
        report.bisected = std::move(*commit);
    }
    if (!request.config.empty()) {
        auto config = config_in_file(request.config);
        if (!config) {
            return fail_within(config.error(), "--config");
        }
        report.config = std::move(*config);
    }
    return {};
}

Result<BugReport> gather(const MailRequest& request, const Matrix& runs, const Tally& subject) {
    auto run = run_of(request.directory, subject.subject, Wanted::failure);
    if (!run) {
        return fail(run.error());
    }
    if (!*run) {
        return fail(
            Error(Fault::usage, fmt::format("{} holds no record of a run that failed", request.directory.string()))
                .hint("a mail needs its stacks"));
    }
    BugReport report;
    if (!(*run)->kernel_config.empty() && request.config.empty() && request.link.empty()) {
        if (auto config = config_to_attach((*run)->kernel_config)) {
            report.config = std::move(*config);
        } else {
            spdlog::warn("{} of the run is no kernel configuration: it is not attached", files::kKernelConfig);
        }
    }
    report.record = std::move((*run)->record);
    report.tally = subject;
    report.profile = std::move((*run)->profile);
    if (is_built_in(subject.subject.profile)) {
        report.shipped = load_profile(subject.subject.profile).value();
    }
    for (Tally& each : tally(runs)) {
        if (each.calibration || !each.subject.plant.empty()) {
            continue;
        }
        const bool same_kernel = each.subject.kernel == subject.subject.kernel;
        const bool same_profile = each.subject.profile == subject.subject.profile;
        if (same_profile && !same_kernel) {
            report.others.push_back(std::move(each));
        } else if (same_kernel && !same_profile && fails(each)) {
            report.symptoms.push_back(std::move(each));
        }
    }
    return report;
}

}  // namespace

Result<std::string> write_mail(const MailRequest& request, const Templates& templates) {
    const auto runs = Directory::open(request.directory).and_then(read_runs);
    if (!runs) {
        return fail(runs.error());
    }
    const auto chosen = subjects(*runs, request);
    if (!chosen) {
        return fail(chosen.error());
    }
    if (std::none_of(chosen->begin(), chosen->end(), fails)) {
        return mail_of_a_fix(request, *runs, *chosen);
    }
    const auto subject = subject_of(*chosen, request);
    if (!subject) {
        return fail(subject.error());
    }
    auto report = gather(request, *runs, *subject);
    if (!report) {
        return fail(report.error());
    }
    if (is_suspicion(report->record)) {
        return fail(
            Error(Fault::usage,
                  fmt::format("{}: nothing but stacks was watched, and part of what they fit is inferred: that is "
                              "no report for maintainers yet",
                              request.directory.string()))
                .hint("run again in a tier that sees locks (blkhang check --guest KERNEL says which can be had)"));
    }
    if (!request.baseline.empty()) {
        auto baseline = baseline_of(request, *runs, *report);
        if (!baseline) {
            return fail(baseline.error());
        }
        report->baseline = std::move(*baseline);
    }
    if (!request.tree.empty()) {
        auto maintainers = maintainers_of(request.tree, sources_of(report->record));
        if (!maintainers) {
            return fail(maintainers.error());
        }
        report->maintainers = std::move(*maintainers);
    }
    if (!request.vmlinux.empty()) {
        auto decoded = symbolize(request.vmlinux, stacks_of(report->record));
        if (!decoded) {
            return fail(decoded.error());
        }
        report->decoded = std::move(*decoded);
    }
    if (auto added = add_what_was_said(request, *report); !added) {
        return fail(added.error());
    }
    advise(report->record, request);
    return render_mail(*report, templates);
}

}  // namespace blkhang
