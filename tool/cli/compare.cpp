// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/shown.h"
#include "cli/command.h"
#include "publish/tester.h"
#include "report/compare/mail.h"
#include "report/compare/text.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

std::string subjects_of(const Matrix& matrix) {
    std::vector<std::string> names;
    for (const Tally& each : tally(matrix)) {
        names.push_back(describe(each.subject));
    }
    return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

Result<Comparison> comparison_of(const std::string& before_path, const std::string& after_path) {
    std::error_code ignored;
    if (std::filesystem::equivalent(before_path, after_path, ignored)) {
        return fail(Error(Fault::usage, "BEFORE and AFTER are the same directory")
                        .hint("the two sides of one matrix are compared by blkhang matrix --before --after"));
    }
    const auto before = Directory::open(before_path).and_then(read_runs);
    if (!before) {
        return fail(before.error());
    }
    const auto after = Directory::open(after_path).and_then(read_runs);
    if (!after) {
        return fail(after.error());
    }
    Comparison comparison = compare(*before, *after);
    if (comparison.pairs.empty()) {
        return fail(Error(Fault::usage, fmt::format("nothing to compare: BEFORE is about {}, AFTER about {}",
                                                    subjects_of(*before), subjects_of(*after)))
                        .hint("both must have runs of the same profile, on one kernel each or on the same kernels"));
    }
    return comparison;
}

Result<ExitCode> compare_runs(const Invocation& invocation) {
    if (invocation.flag("json") && invocation.flag("mail")) {
        return fail(Fault::usage, "--json and --mail exclude each other");
    }
    const auto comparison = comparison_of(invocation.text("BEFORE"), invocation.text("AFTER"));
    if (!comparison) {
        return fail(comparison.error());
    }
    if (invocation.flag("json")) {
        print(Shown::lines(encode(*comparison)));
    } else if (invocation.flag("mail")) {
        print(Shown::lines(mail_paragraph(*comparison, tester())));
    } else {
        print(Shown::painted(render_comparison(*comparison, {.colour = invocation.common.colour_out})));
    }
    return exit_code(comparison->outcome);
}

}  // namespace

Command compare_command() {
    Command command{
        .name = "compare",
        .summary = "say what changed between two records or matrices",
        .synopsis = {"BEFORE", "AFTER", "[--json | --mail]"},
        .description =
            {"BEFORE and AFTER are directories that `blkhang run` or `blkhang matrix` wrote; a record counts as one "
             "run. They are compared profile by profile: if each side ran a profile on one kernel, whatever the "
             "kernels are called, otherwise kernel by kernel and planted bug by planted bug. What is on one side only "
             "is listed.",
             "A run failed if it was called hang or hazard, and passed if it was called clean. The others say nothing "
             "about the kernel: they are listed and never counted. Intervals are exact (Clopper-Pearson) 95% ones; "
             "when no run failed, the one-sided 95% upper bound is given. Two sides differ beyond chance if Fisher's "
             "exact test, two-sided, gives p < 0.05: at the least 4 of 4 runs against 0 of 4.",
             "A change is called good only if BEFORE failed. If it never did, AFTER being clean shows nothing about "
             "the change. "
             "Both sides must be the same experiment, the kernel and what is planted in it aside: profile with every "
             "setting, tier, accelerator and version of blkhang must be the same, and no side that passed may have had "
             "less than a third of the other's load (seconds, trials, cgroups, per-CPU arrays, bytes written and "
             "swapped out). Every difference is named, and what neither side tells, as older records do not; then "
             "nothing is called good, and a mail has no Tested-by.",
             "Where it was measured, the price is shown: bytes in the cgroups' statistics against bytes really "
             "written."},
        .sections = {},
        .exit_status =
            {{"0",
              "AFTER is good: BEFORE failed, AFTER is clean everywhere, chance does not explain it, and the sides are "
              "the same experiment"},
             {"1", "AFTER fails, still or for the first time"},
             {"2", "a directory holds nothing that this version can read, or the two have nothing in common"},
             {"3",
              "nothing is shown: BEFORE never failed, the runs are too few, AFTER has runs that are missing or "
              "came to no verdict, or the sides are not the same experiment"},
             {"5", "the comparison could not be written"}},
        .examples = {{"blkhang compare runs/before runs/after",
                      "is the patched kernel better, and is that no accident?"},
                     {"blkhang compare runs/before runs/after --mail", "a paragraph for the reply to the patch"}},
        .positionals = {{"BEFORE", true}, {"AFTER", true}},
        .options = {},
        .run = compare_runs,
    };
    command.options.add_options()               //
        ("json", po::bool_switch(), "as JSON")  //
        ("mail", po::bool_switch(),
         "as plain text for a mail; ends in a Tested-by, by the name that git config knows, only if the comparison "
         "justifies one");
    return command;
}

}  // namespace blkhang
