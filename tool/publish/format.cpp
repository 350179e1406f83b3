// SPDX-License-Identifier: GPL-2.0-only
#include "publish/format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "publish/commit.h"
#include "publish/evidence.h"
#include "publish/html.h"
#include "publish/mail.h"
#include "publish/scrub/pseudonyms.h"
#include "publish/several.h"
#include "record/archive.h"
#include "record/matrix.h"
#include "record/record.h"
#include "report/export/junit.h"
#include "report/export/kcidb.h"
#include "report/export/ktap.h"
#include "report/export/openmetrics.h"
#include "report/repro/reproducer.h"
#include "report/repro/standalone.h"
#include "report/text/matrix.h"

namespace blkhang {
namespace {

Templates templates_of(const ReportRequest& request) { return request.templates.value_or(Templates::built_in()); }

Result<std::string> record_text(const Directory& directory, const ReportRequest& request) {
    const auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    TextOptions options = request.text;
    const auto profile = profile_in(directory);
    options.as_shipped = profile && is_as_shipped(*profile);
    return render_text(*record, options, templates_of(request));
}

Result<std::string> matrix_text(const Directory& directory, const ReportRequest& request) {
    if (request.templates) {
        return fail(Fault::usage, "--templates: the text of a matrix is made from no template");
    }
    return read_matrix(directory).map([&](const Matrix& matrix) { return render_matrix(matrix, request.text); });
}

Result<std::string> record_json(const Directory& directory, const ReportRequest& /*request*/) {
    return read_record(directory).map([](const Record& record) { return encode(record); });
}

Result<std::string> matrix_json(const Directory& directory, const ReportRequest& /*request*/) {
    return read_matrix(directory).map([](const Matrix& matrix) { return encode(matrix); });
}

Result<std::string> page(const Directory& /*directory*/, const ReportRequest& request) {
    return html_report({request.directory, request.output, request.baseline}, templates_of(request));
}

Result<std::string> history(const std::vector<std::filesystem::path>& directories, const ReportRequest& request) {
    if (request.baseline) {
        return fail(Fault::usage,
                    "--baseline goes with one matrix: of several, each version is compared with the next");
    }
    return history_report(directories, request.output, templates_of(request));
}

Result<std::string> metrics(const std::vector<std::filesystem::path>& directories, const ReportRequest& /*request*/) {
    return read_several(directories).map([](const SeveralMatrices& several) {
        for (const std::string& each : several.left_out) {
            spdlog::warn("left out: {}", each);
        }
        return render_openmetrics(several.matrices);
    });
}

Result<std::string> metrics_of_one(const Directory& /*directory*/, const ReportRequest& request) {
    return metrics({request.directory}, request);
}

Result<std::string> mail(const Directory& /*directory*/, const ReportRequest& request) {
    return write_mail({request.directory, request.baseline.value_or(""), request.tree, request.vmlinux, request.kernel,
                       request.profile, request.commit, request.bisected, request.config, request.link},
                      templates_of(request));
}

Result<std::string> ktap(const Directory& directory, const ReportRequest& request) {
    return read_test_results(directory).map([&](const TestResults& results) {
        return render_ktap(results, request.flat ? Nesting::none : Nesting::subtests);
    });
}

Result<std::string> junit(const Directory& directory, const ReportRequest& /*request*/) {
    return read_test_results(directory).map(render_junit);
}

/// It goes to a public database: what tells whose machine or tree it was is replaced, as in a bundle, but for what only
/// this machine could know, so that the same record gives the same report anywhere.
Result<std::string> kcidb(const Directory& directory, const ReportRequest& request) {
    return read_test_results(directory).and_then([&](const TestResults& results) -> Result<std::string> {
        if (!request.commit.empty() && results.suites.size() > 1) {
            return fail(Fault::usage, "--commit is of one kernel, and these are several");
        }
        for (const TestSuite& suite : results.suites) {
            if (auto checked = check_commit(request.commit, upstream_of(suite.release, "", suite.label)); !checked) {
                return fail(checked.error());
            }
        }
        std::string text = render_kcidb(results, request.origin, request.commit);
        Json json = parse_json(text);
        Pseudonyms names;
        names.learn_json(json);
        return names.in_json(json) ? to_text(json) : text;
    });
}

/// What was run is in the profile beside the record, and in no other place as it was.
template <class Make>
Result<std::string> from_profile(const Directory& directory, const Make& make) {
    const auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    const auto profile = profile_as_run(directory);
    if (!profile) {
        return fail(profile.error());
    }
    return make(*record, *profile, Templates::built_in());
}

tl::unexpected<Error> refuse_several(const ReportFormat& format) {
    std::vector<std::string_view> takers;
    for (const ReportFormat& each : report_formats()) {
        if (each.several != nullptr) {
            takers.push_back(each.name);
        }
    }
    return fail(Error(Fault::usage, fmt::format("--format {} takes one DIR", format.name))
                    .hint(fmt::format("several go with --format {}", fmt::join(takers, " or "))));
}

Result<std::string> repro(const Directory& directory, const ReportRequest& /*request*/) {
    return from_profile(directory, standalone_script);
}

Result<std::string> blktests(const Directory& directory, const ReportRequest& /*request*/) {
    return from_profile(directory, blktests_case);
}

/// Cases of blktests are called by three digits. Beside anything else nothing would be looked for.
std::optional<FileBeside> expected_output(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    constexpr std::size_t kDigits = 3;
    return name.size() == kDigits && name.find_first_not_of("0123456789") == std::string::npos
               ? std::optional(FileBeside{".out", blktests_output(name)})
               : std::nullopt;
}

}  // namespace

const std::vector<ReportFormat>& report_formats() {
    static const std::vector<ReportFormat> formats{
        {"text", "for reading", {"columns", "stacks", "templates"}, record_text, matrix_text},
        {"html",
         "one page for a browser, which needs no network and no scripts, light or dark as the reader likes it, "
         "and fit for paper. A record has the lock graph as a picture (drawn by Graphviz `dot`; in words where "
         "that is not installed), a timeline of the run, stacks that unfold, and how to see it again. A matrix "
         "has kernels by profiles, with rates and intervals, and links each run to its record, and to "
         "report.html beside that if you made one; links are relative to where -o puts the page, to DIR without "
         "-o. Of several DIR, or of a folder of matrices, one page of figures over time: profiles by kernel "
         "versions in upstream's order, with verdict and rate over all matrices, and what changed between "
         "neighbouring versions beyond chance.",
         {"baseline", "templates"},
         page,
         page,
         history},
        {"mail",
         "a bug report to the kernel's maintainers, for git send-email; see MAIL",
         {"baseline", "bisected", "commit", "config", "kernel", "link", "profile", "templates", "tree", "vmlinux"},
         mail,
         mail},
        {"repro",
         "a reproducer of a record's run that needs no blkhang: a shell script with a C file in it, which refuses to "
         "run "
         "anywhere but in a virtual machine, on blank disks whose size is said again. What its load and triggers "
         "cannot "
         "be in such a script is an error.",
         {},
         repro,
         nullptr},
        {"blktests",
         "the same as a test case for blktests, for loads that take one disk. -o tests/block/NNN there writes NNN.out, "
         "too, which blktests wants beside it.",
         {},
         blktests,
         nullptr,
         nullptr,
         expected_output},
        {"json", "the record or the matrix itself", {}, record_json, matrix_json},
        {"ktap",
         "KTAP version 1, for kselftest and KUnit tooling and whatever reads TAP. A record is one test, a "
         "matrix a subtest per kernel with a test per run; reasons are diagnostics. Expected failures "
         "are XFAIL. --flat: all tests in a row, for what reads TAP and no subtests.",
         {"flat"},
         ktap,
         ktap},
        {"junit",
         "JUnit XML, for CI servers. A testsuite per kernel, a testcase per run, with the stacks and "
         "the end of the kernel's log. Expected failures are skipped: JUnit has no word for them. "
         "Timestamps are in UTC.",
         {},
         junit,
         junit},
        {"kcidb",
         "KCIDB I/O 5.3 (JSON), for KernelCI: a checkout and a build per kernel, a test per run. A "
         "kernel with a bug planted is a build of its own. Written only, never sent.",
         {"commit", "origin"},
         kcidb,
         kcidb},
        {"openmetrics",
         "OpenMetrics text, for dashboards: per matrix, kernel, profile and planted bug how many runs came to "
         "which verdict, how often they fail with the 95% bounds of that, trials, and when they were. Takes several "
         "DIR "
         "and folders of matrices. All are gauges, so that Prometheus reads it as its own format as well.",
         {},
         metrics_of_one,
         metrics_of_one,
         metrics},
    };
    return formats;
}

Result<ReportFormat> find_format(std::string_view name) {
    std::vector<std::string_view> names;
    for (const ReportFormat& format : report_formats()) {
        if (format.name == name) {
            return format;
        }
        names.push_back(format.name);
    }
    return fail(Fault::usage, fmt::format("--format is one of {}, not '{}'", fmt::join(names, ", "), name));
}

std::vector<std::string_view> formats_that_heed(std::string_view option) {
    std::vector<std::string_view> names;
    for (const ReportFormat& format : report_formats()) {
        if (std::find(format.heeds.begin(), format.heeds.end(), option) != format.heeds.end()) {
            names.push_back(format.name);
        }
    }
    return names;
}

Result<std::string> render(const ReportFormat& format, const ReportRequest& request) {
    std::vector<std::filesystem::path> all{request.directory};
    all.insert(all.end(), request.others.begin(), request.others.end());
    if (all.size() > 1) {
        return format.several != nullptr ? format.several(all, request) : refuse_several(format);
    }
    const auto directory = Directory::open(request.directory);
    if (directory && format.several != nullptr && !holds_runs(*directory)) {
        const auto found = find_below(request.directory);
        if (!found) {
            return fail(found.error());
        }
        if (!found->directories.empty() || !found->unlisted.empty()) {
            return format.several(all, request);
        }
    }
    const auto is_matrix = directory.and_then(holds_matrix);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    const auto of_this = *is_matrix ? format.matrix : format.record;
    if (of_this == nullptr) {
        return fail(Fault::usage,
                    fmt::format("--format {}: there is none of a {}", format.name, *is_matrix ? "matrix" : "record"));
    }
    return of_this(*directory, request);
}

}  // namespace blkhang
