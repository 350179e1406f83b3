// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/ktap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/words.h"
#include "report/words/export_text.h"
#include "report/words/stack_view.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

constexpr std::size_t kKtapFrames = 8;
constexpr std::string_view kVersionLine = "KTAP version 1";
constexpr std::string_view kFlatVersionLine = "TAP version 13";

/// The kernel's own reader (tools/testing/kunit/kunit_parser.py, KTAP_END) stops for good at these, wherever in a line
/// they stand, and takes a diagnostic that begins like the last for the name of a test.
constexpr std::array<std::string_view, 4> kObeyed{
    "List of all partitions:", "Kernel panic - not syncing: VFS:", "reboot: System halted", "Subtest:"};

/// With one more blank in what readers would obey: people see the same.
std::string quoted(std::string_view text) {
    std::string line = one_line(text);
    for (const std::string_view phrase : kObeyed) {
        const std::size_t last_word = phrase.find_last_of(' ') + 1;
        for (std::size_t at = 0; (at = line.find(phrase, at)) != std::string::npos; at += phrase.size() + 1) {
            line.insert(at + last_word, " ");
        }
    }
    return line;
}

/// In a result line '#' begins the directive and nothing else.
std::string plain(std::string_view text) {
    std::string line = quoted(text);
    std::replace(line.begin(), line.end(), '#', '_');
    return line;
}

/// " # SKIP why", or nothing where the result says it all. One word why for what is skipped: some readers take it into
/// the name of the test.
std::string directive(TestStatus status, std::string_view why, std::string_view why_skipped) {
    switch (status) {
        case TestStatus::pass:
        case TestStatus::fail:
            return {};
        case TestStatus::expected_fail:
            return fmt::format(" # XFAIL {}", plain(why));
        case TestStatus::skip:
            return fmt::format(" # SKIP {}", plain(why_skipped));
        case TestStatus::error:
            break;
    }
    constexpr std::string_view kSaidAlready = "error: ";
    return fmt::format(" # ERROR {}", plain(why.substr(why.starts_with(kSaidAlready) ? kSaidAlready.size() : 0)));
}

/// One level of nesting.
class Level {
public:
    explicit Level(std::size_t depth) : indent_(2 * depth, ' ') {}

    void line(std::string_view text) { text_ += fmt::format("{}{}\n", indent_, text); }
    void plan(std::size_t tests) { line(fmt::format("1..{}", tests)); }
    void diagnostic(std::string_view text) {
        const std::string cleaned = quoted(text);
        line(cleaned.empty() ? "#" : fmt::format("# {}", cleaned));
    }
    void result(TestStatus status, std::string_view name, std::string_view why, std::string_view why_skipped) {
        const bool ok = status != TestStatus::fail && status != TestStatus::error;
        line(fmt::format("{} {} - {}{}", ok ? "ok" : "not ok", ++number_, plain(name),
                         directive(status, why, why_skipped)));
    }
    void nested(const Level& level) { text_ += level.text_; }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    std::string indent_, text_;
    std::size_t number_ = 0;
};

void describe_cycle(Level& level, const Record& record) {
    if (!record.deadlock) {
        return;
    }
    for (const Record::Task& task : record.deadlock->tasks) {
        level.diagnostic(fmt::format("{} {}", task_name(task.comm, task.pid), role(task)));
        level.diagnostic(brief(task.stack, kKtapFrames));
    }
}

void write(Level& level, const TestCase& test, std::string_view name) {
    for (const std::string& reason : test.result.reasons) {
        level.diagnostic(fmt::format("{}: {}", to_string(test.result.verdict), reason));
    }
    if (test.evidence.record) {
        describe_cycle(level, *test.evidence.record);
    }
    if (!test.evidence.problem.empty()) {
        level.diagnostic(fmt::format("its evidence cannot be used: {}", test.evidence.problem));
    }
    level.diagnostic(fmt::format("trials: {}", test.result.trials));
    level.result(test.status, name, headline(test), to_string(test.result.verdict));
}

void describe_kernel(Level& level, const TestSuite& suite) {
    const std::string& kernel = suite.label.empty() ? suite.kernel : suite.label;
    level.diagnostic(suite.release.empty() ? fmt::format("kernel: {}", kernel)
                                           : fmt::format("kernel: {}: {}", kernel, suite.release));
}

/// Of the tests below that are about the kernel; those that calibrate can only break it.
bool any(const TestSuite& suite, TestStatus status) {
    return std::any_of(suite.cases.begin(), suite.cases.end(), [status](const TestCase& test) {
        return test.status == status && (status == TestStatus::error || !test.result.calibration);
    });
}

TestStatus overall(const TestSuite& suite) {
    for (const TestStatus status : {TestStatus::fail, TestStatus::error, TestStatus::pass, TestStatus::skip}) {
        if (any(suite, status)) {
            return status;
        }
    }
    return TestStatus::pass;  // all that was asked for were kernels with the bug planted, and all failed as they should
}

/// The verdict of a kernel of which nothing was learned.
std::string_view why_skipped(const TestSuite& suite) {
    const bool lacks_something = std::all_of(suite.cases.begin(), suite.cases.end(), [](const TestCase& test) {
        return test.result.calibration || test.result.verdict == Verdict::unsupported;
    });
    return to_string(lacks_something ? Verdict::unsupported : Verdict::inconclusive);
}

void write(Level& top, const TestSuite& suite) {
    Level level(1);
    level.line(kVersionLine);
    level.line(fmt::format("# Subtest: {}", plain(suite.kernel)));
    describe_kernel(level, suite);
    level.plan(suite.cases.size());
    for (const TestCase& test : suite.cases) {
        write(level, test, test.name);
    }
    top.nested(level);
    const TestStatus status = overall(suite);
    top.result(status, suite.kernel, "a run broke, or calibration did not show the planted bug", why_skipped(suite));
}

void write_missing(Level& top, const TestResults& results) {
    if (results.missing > 0) {
        top.result(TestStatus::error, "matrix is complete", incompleteness(results), "");
    }
}

std::string name_with_kernel(const TestSuite& suite, const TestCase& test) {
    return fmt::format("{} {}", suite.kernel, test.name);
}

std::string render_flat(const TestResults& results) {
    Level top(0);
    top.line(kFlatVersionLine);
    top.diagnostic(fmt::format("blkhang {}", results.tool));
    std::size_t tests = results.missing > 0 ? 1 : 0;
    for (const TestSuite& suite : results.suites) {
        tests += suite.cases.size();
    }
    top.plan(tests);
    for (const TestSuite& suite : results.suites) {
        describe_kernel(top, suite);
        for (const TestCase& test : suite.cases) {
            write(top, test, name_with_kernel(suite, test));
        }
    }
    write_missing(top, results);
    return std::move(top).take();
}

}  // namespace

std::string render_ktap(const TestResults& results, Nesting nesting) {
    if (nesting == Nesting::none) {
        return render_flat(results);
    }
    Level top(0);
    top.line(kVersionLine);
    top.diagnostic(fmt::format("blkhang {}", results.tool));
    if (!results.matrix) {
        const TestSuite& suite = results.suites.front();
        const TestCase& test = suite.cases.front();
        describe_kernel(top, suite);
        top.plan(1);
        write(top, test, name_with_kernel(suite, test));
        return std::move(top).take();
    }
    top.plan(results.suites.size() + (results.missing > 0 ? 1 : 0));
    for (const TestSuite& suite : results.suites) {
        write(top, suite);
    }
    write_missing(top, results);
    return std::move(top).take();
}

}  // namespace blkhang
