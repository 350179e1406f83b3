// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/matrix.h"
#include "record/record.h"

/// Records and matrices as test results, which is how other tools want them: what KTAP, JUnit and KCIDB have in common.
namespace blkhang {

/// What a run comes to when it is read as a test.
enum class TestStatus {
    pass,
    fail,           ///< of the kernel
    expected_fail,  ///< of a kernel with the bug planted, asked for as such
    skip,           ///< says nothing about the kernel
    error,          ///< blkhang or its guest broke, or calibration did not show the planted bug
};

/// What a run left beside its verdict; all of it may be missing.
struct Evidence {
    std::optional<Record> record;
    std::string log;      ///< the end of what the kernel said; any bytes
    std::string problem;  ///< why the record cannot be read; empty when it can, or when there is none
};

/// One run.
struct TestCase {
    CellResult result;  ///< a clean that is not calibrated has become inconclusive
    Evidence evidence;
    TestStatus status = TestStatus::error;
    std::string name;  ///< unique among those of its kernel, the same in every repetition of a matrix; one clean line
};

/// The runs on one kernel.
struct TestSuite {
    std::string kernel;          ///< as asked for, e.g. "deb:6.1"
    std::string label, release;  ///< as far as any run knows them
    std::vector<TestCase> cases;
};

struct TestResults {
    std::vector<TestSuite> suites;  ///< never empty ones
    std::uint32_t missing = 0;      ///< runs of a matrix that was cut short
    bool matrix = true;
    std::string started;  ///< UTC, ISO 8601; empty if unknown
    std::string tool;     ///< "0.1.0 (3f2c9d1a7be4)"
};

/// Where the end of a log is cut.
inline constexpr std::size_t kLogTail = 16384;

/// The evidence is that of the cells, in their order.
TestResults test_results(const Matrix& matrix, std::vector<Evidence> evidence);
TestResults test_results(const Record& record, std::string log);

/// "hang: percpu-churn[402] waits for pcpu_alloc_mutex, which it owns itself": verdict and first reason, on one clean
/// line.
std::string headline(const TestCase& test);
/// "cut short, 2 runs are missing": of a matrix that was.
std::string incompleteness(const TestResults& results);
/// All that is known and how, for reading; clean text of many lines.
std::string details(const TestCase& test);

}  // namespace blkhang
