// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/test_results.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "record/tally.h"
#include "report/text/record.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

/// Those whose clean means nothing, since the planted bug was not seen in that kernel.
bool is_uncalibrated(const CellResult& cell, const std::vector<Tally>& tallies) {
    return cell.verdict == Verdict::clean && std::any_of(tallies.begin(), tallies.end(), [&](const Tally& tally) {
               return tally.subject == cell.subject && tally.calibrated == false;
           });
}

/// A test of blkhang: is the planted bug seen? Only a hang calibrates.
TestStatus status_of_calibration(const CellResult& cell) {
    switch (cell.verdict) {
        case Verdict::hang:
            return TestStatus::pass;
        case Verdict::unsupported:
        case Verdict::inconclusive:
            return TestStatus::skip;
        case Verdict::hazard:
        case Verdict::clean:
        case Verdict::error:
            break;
    }
    return TestStatus::error;
}

TestStatus status_of(const CellResult& cell) {
    if (cell.calibration) {
        return status_of_calibration(cell);
    }
    switch (cell.verdict) {
        case Verdict::hang:
        case Verdict::hazard:
            return must_hang(cell.subject.plant) ? TestStatus::expected_fail : TestStatus::fail;
        case Verdict::clean:
            return TestStatus::pass;
        case Verdict::unsupported:
        case Verdict::inconclusive:
            return TestStatus::skip;
        case Verdict::error:
            break;
    }
    return TestStatus::error;
}

std::string name_of(const CellResult& cell) {
    std::string name = cell.subject.profile;
    if (!cell.subject.plant.empty()) {
        name += fmt::format(" with {} planted", cell.subject.plant);
    }
    if (cell.calibration) {
        return one_line(name + ", calibration");
    }
    return one_line(cell.id.empty() ? name : fmt::format("{}, run {}", name, cell.repeat));
}

TestCase test_case(CellResult cell, Evidence evidence) {
    if (cell.reasons.empty()) {
        cell.reasons.emplace_back("no reason is given");
    }
    TestCase test{std::move(cell), std::move(evidence), {}, {}};
    test.status = status_of(test.result);
    test.name = name_of(test.result);
    return test;
}

TestSuite& suite_for(const CellResult& cell, std::vector<TestSuite>& suites) {
    const auto known = std::find_if(suites.begin(), suites.end(),
                                    [&](const TestSuite& suite) { return suite.kernel == cell.subject.kernel; });
    TestSuite& suite = known != suites.end() ? *known : suites.emplace_back(TestSuite{cell.subject.kernel, {}, {}, {}});
    // A run that failed early may not know its kernel: any other will do.
    suite.label = suite.label.empty() ? cell.label : suite.label;
    suite.release = suite.release.empty() ? cell.release : suite.release;
    return suite;
}

}  // namespace

TestResults test_results(const Matrix& matrix, std::vector<Evidence> evidence) {
    TestResults results;
    results.started = matrix.started;
    results.tool = tool_of(matrix);
    const auto done = static_cast<std::uint32_t>(matrix.cells.size());
    const std::uint32_t wanted = std::max<std::uint32_t>(matrix.planned, 1);  // a matrix of nothing shows nothing
    results.missing = wanted > done ? wanted - done : 0;
    const auto tallies = tally(matrix);
    for (std::size_t i = 0; i < matrix.cells.size(); ++i) {
        CellResult cell = matrix.cells[i];
        if (is_uncalibrated(cell, tallies)) {
            cell.verdict = Verdict::inconclusive;
            cell.reasons.insert(cell.reasons.begin(),
                                fmt::format("not calibrated: no run with {} planted was called hang on this kernel",
                                            cell.calibrated_by.value_or(kCalibrationPlant)));
        }
        TestSuite& suite = suite_for(cell, results.suites);
        suite.cases.push_back(test_case(std::move(cell), std::move(evidence.at(i))));
    }
    return results;
}

TestResults test_results(const Record& record, std::string log) {
    TestResults results = test_results(matrix_of(record), {{record, std::move(log), {}}});
    results.matrix = false;
    return results;
}

std::string headline(const TestCase& test) {
    const CellResult& result = test.result;
    const bool blind = test.status == TestStatus::error && result.verdict != Verdict::error;
    return one_line(fmt::format("{}{}: {}", blind ? "calibration did not show the planted bug: " : "",
                                to_string(result.verdict), result.reasons.front()));
}

std::string incompleteness(const TestResults& results) {
    return results.missing == 1 ? "cut short, 1 run is missing"
                                : fmt::format("cut short, {} runs are missing", results.missing);
}

std::string details(const TestCase& test) {
    std::string text = headline(test) + "\n";
    if (test.evidence.record) {
        return printable_lines(fmt::format("{}\n{}", text, render_text(*test.evidence.record)));
    }
    for (std::size_t i = 1; i < test.result.reasons.size(); ++i) {
        text += one_line(test.result.reasons[i]) + "\n";
    }
    return printable_lines(text + (test.evidence.problem.empty()
                                       ? "The run left no record.\n"
                                       : fmt::format("Its evidence cannot be used: {}\n", test.evidence.problem)));
}

}  // namespace blkhang
