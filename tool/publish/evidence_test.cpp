// SPDX-License-Identifier: GPL-2.0-only
#include "publish/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "record/files.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class ReadTestResults : public testing::Test {
protected:
    [[nodiscard]] fs::path path() const { return directory_.path(); }

    void write(const fs::path& path, std::string_view content) {
        fs::create_directories(path.parent_path());
        ASSERT_TRUE(write_file(path, content));
    }
    /// A matrix of one run that was called clean; gives the run's directory.
    fs::path write_matrix() {
        const Matrix matrix = build::runs({"deb:6.1", "kvm-2011", ""}, 0, 1);
        write(path() / "matrix.json", encode(matrix));
        return path() / "cells" / matrix.cells.front().id;
    }
    static Result<TestResults> results_in(const fs::path& path) {
        return Directory::open(path).and_then(read_test_results);
    }
    [[nodiscard]] Evidence evidence() const {
        const auto results = results_in(path());
        return results ? results->suites.at(0).cases.at(0).evidence : Evidence{{}, {}, results.error().message()};
    }

    TempDir directory_ = TempDir::make("blkhang-test-").value();
};

TEST_F(ReadTestResults, OfARecord) {
    write(path() / files::kRecord, encode(replay::record("thrash")));
    write(path() / files::kConsole, "a line\n");
    const auto results = results_in(path());
    ASSERT_TRUE(results) << results.error().message();
    EXPECT_FALSE(results->matrix);
    EXPECT_EQ(results->suites.at(0).cases.at(0).status, TestStatus::pass);
    EXPECT_EQ(results->suites.at(0).cases.at(0).evidence.log, "a line\n");
}

TEST_F(ReadTestResults, ARecordThatCannotBeReadIsAnError) {
    write(path() / files::kRecord, "{");
    const auto results = results_in(path());
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().fault(), Fault::usage);
    EXPECT_THAT(results.error().message(), HasSubstr("damaged record: not JSON"));
}

TEST_F(ReadTestResults, AMatrixFindsTheRecordsOfItsRuns) {
    const fs::path cell = write_matrix();
    EXPECT_FALSE(evidence().record);
    EXPECT_THAT(evidence().problem, IsEmpty());
    write(cell / files::kRecord, encode(replay::record("thrash")));
    ASSERT_TRUE(evidence().record);
    EXPECT_EQ(evidence().record->profile.name, "kvm-2011");
}

TEST_F(ReadTestResults, ARecordThatDoesNotFitItsMatrixIsNoEvidence) {
    const fs::path cell = write_matrix();
    write(cell / files::kRecord, "{");
    EXPECT_FALSE(evidence().record);
    EXPECT_THAT(evidence().problem, HasSubstr("damaged record: not JSON"));
    write(cell / files::kRecord, encode(replay::record("self-deadlock")));
    EXPECT_FALSE(evidence().record);
    EXPECT_THAT(evidence().problem, HasSubstr("is of another run: it says hang"));
}

TEST_F(ReadTestResults, OfALongLogTheLastWholeLines) {
    const fs::path cell = write_matrix();
    const std::string line = std::string(99, 'x') + "\n";
    std::string log;
    for (int i = 0; i < 1000; ++i) {
        log += line;
    }
    write(cell / files::kKmsg, log);
    EXPECT_THAT(evidence().log, SizeIs(kLogTail / line.size() * line.size()));
    EXPECT_THAT(evidence().log, StartsWith(line));

    write(cell / files::kConsole, "the console knows more\n");
    EXPECT_EQ(evidence().log, "the console knows more\n");
}

TEST_F(ReadTestResults, NothingIsReadOverALinkAndNothingWaitsForAFifo) {
    write(path() / "secret", "root:x");
    const fs::path cell = write_matrix();
    fs::create_directories(cell);
    fs::create_symlink(path() / "secret", cell / files::kConsole);
    EXPECT_THAT(evidence().problem, HasSubstr("console.log: expected a regular file, found a link"));
    EXPECT_THAT(evidence().log, IsEmpty());
    fs::remove(cell / files::kConsole);
    ASSERT_EQ(::mkfifo((cell / files::kRecord).c_str(), 0600), 0);
    EXPECT_THAT(evidence().problem, HasSubstr("record.json: expected a regular file, found a FIFO"));
    fs::remove_all(cell);
    fs::create_directory_symlink(path(), cell);
    EXPECT_THAT(evidence().problem, HasSubstr("is a link, which may lead anywhere"));
}

TEST_F(ReadTestResults, AnEmptyDirectoryIsAnError) {
    const auto results = results_in(path());
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().fault(), Fault::usage);
}

}  // namespace
}  // namespace blkhang
