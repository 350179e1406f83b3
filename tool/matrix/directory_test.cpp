// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/directory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Kernels = MatrixDirectory::Kernels;

MatrixRequest request() {
    MatrixRequest request;
    request.kernels = {"deb:6.1"};
    request.profiles = {"kvm-2011"};
    request.repeat = 3;
    return request;
}

Cell cell() {
    Cell cell;
    cell.id = "a_cell";
    cell.subject = {"deb:6.1", "kvm-2011", ""};
    return cell;
}

class MatrixDirectoryTest : public testing::Test {
protected:
    TempDir dir_ = TempDir::make("matrix-directory-test").value();
    fs::path path_ = dir_.path() / "m";
};

TEST_F(MatrixDirectoryTest, HoldsWhatWasAskedForOverTime) {
    ASSERT_TRUE(MatrixDirectory::create(path_, request()));
    const auto again = MatrixDirectory::reopen(path_, Kernels::foreign);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->request().repeat, 3U);
}

TEST_F(MatrixDirectoryTest, TwoMatricesDoNotShareIt) {
    const auto first = MatrixDirectory::create(path_, request());
    ASSERT_TRUE(first);
    for (const auto& second : {MatrixDirectory::create(path_, request()).map([](const auto&) {}),
                               MatrixDirectory::reopen(path_, Kernels::foreign).map([](const auto&) {})}) {
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message(), HasSubstr("another blkhang is running a matrix in"));
    }
}

TEST_F(MatrixDirectoryTest, ACellThatAPowerFailureLeftEmptyIsPlannedAnew) {
    const auto directory = MatrixDirectory::create(path_, request()).value();
    fs::create_directories(path_ / "cells/a_cell");
    ASSERT_TRUE(write_file(path_ / "cells/a_cell" / kCellFile, ""));
    EXPECT_FALSE(directory.cell("a_cell").value());
    ASSERT_TRUE(directory.add(cell()));
    EXPECT_TRUE(directory.cell("a_cell").value());
}

TEST_F(MatrixDirectoryTest, OneMatrixIsNotOverwrittenByAnother) {
    ASSERT_TRUE(MatrixDirectory::create(path_, request()));
    const auto second = MatrixDirectory::create(path_, request());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().fault(), Fault::usage);
    EXPECT_THAT(second.error().message(), HasSubstr("--resume"));
}

TEST_F(MatrixDirectoryTest, OnlyAMatrixCanBeResumed) {
    EXPECT_FALSE(MatrixDirectory::reopen(dir_.path() / "nothing", Kernels::trusted));
    EXPECT_FALSE(MatrixDirectory::reopen(dir_.path(), Kernels::trusted));
}

TEST_F(MatrixDirectoryTest, AStrangersMatrixHasNoSayInWhatRunsHere) {
    MatrixRequest foreign = request();
    foreign.kernels = {"deb:6.1", "tree:mx/evil"};
    { ASSERT_TRUE(MatrixDirectory::create(path_, foreign)); }
    {
        const auto refused = MatrixDirectory::reopen(path_, Kernels::foreign);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().fault(), Fault::usage);
        EXPECT_THAT(refused.error().message(), HasSubstr("tree:mx/evil may be a stranger's"));
    }
    EXPECT_TRUE(MatrixDirectory::reopen(path_, Kernels::trusted));
}

TEST_F(MatrixDirectoryTest, AStrangersRequestIsCheckedLikeOurs) {
    fs::create_directories(path_);
    for (const char* kernels : {"'nonsense'", "'deb:6.1', 'deb:6.1'", ""}) {
        ASSERT_TRUE(write_file(path_ / files::kMatrixRequest,
                               fmt::format("kernels = [{}]\nprofiles = ['kvm-2011']\n", kernels)));
        const auto refused = MatrixDirectory::reopen(path_, Kernels::trusted);
        ASSERT_FALSE(refused) << kernels;
        EXPECT_EQ(refused.error().fault(), Fault::usage);
    }
}

TEST_F(MatrixDirectoryTest, AStrangersCellHasNone) {
    Cell planted = cell();
    planted.pinned = "tree:/x/evil";
    {
        const auto ours = MatrixDirectory::create(path_, request());
        ASSERT_TRUE(ours && ours->add(planted));
        EXPECT_TRUE(ours->cell("a_cell")) << "what we planned ourselves";
    }
    {
        const auto foreign = MatrixDirectory::reopen(path_, Kernels::foreign);
        ASSERT_TRUE(foreign);
        const auto refused = foreign->cell("a_cell");
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message(), HasSubstr("tree:/x/evil may be a stranger's"));
    }
    EXPECT_TRUE(MatrixDirectory::reopen(path_, Kernels::trusted)->cell("a_cell"));
    fs::remove(path_ / files::kMatrixRequest);
    EXPECT_FALSE(MatrixDirectory::create(path_, request())) << "cells that were there before are not ours";
}

TEST_F(MatrixDirectoryTest, CellsKeepTheKernelThatTheyGotFirst) {
    const auto directory = MatrixDirectory::create(path_, request()).value();
    EXPECT_FALSE(directory.cell("a_cell").value());
    Cell first = cell();
    first.pinned = "deb:x=1";
    ASSERT_TRUE(directory.add(first));
    Cell second = cell();
    second.pinned = "deb:x=2";
    ASSERT_TRUE(directory.add(second));
    EXPECT_EQ(directory.cell("a_cell").value()->pinned, "deb:x=1");
}

TEST_F(MatrixDirectoryTest, ADamagedCellIsAnErrorOfThatCell) {
    const auto directory = MatrixDirectory::create(path_, request()).value();
    ASSERT_TRUE(directory.add(cell()));
    ASSERT_TRUE(write_file(directory.cell_path("a_cell") / kCellFile, "{"));
    const auto read = directory.cell("a_cell");
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message(), HasSubstr("damaged cell"));
}

TEST_F(MatrixDirectoryTest, AnAttemptIsClearedAndTheCellStays) {
    const auto directory = MatrixDirectory::create(path_, request()).value();
    ASSERT_TRUE(directory.add(cell()));
    const auto path = directory.cell_path("a_cell");
    for (const char* name : {files::kEvents, files::kConsole, kCellLog}) {
        ASSERT_TRUE(write_file(path / name, "x"));
    }
    ASSERT_TRUE(directory.clear_attempt("a_cell"));
    EXPECT_EQ(std::distance(fs::directory_iterator(path), {}), 1);
    EXPECT_TRUE(directory.cell("a_cell").value());
}

TEST_F(MatrixDirectoryTest, NothingOfAMatrixLeadsOutOfIt) {
    const auto directory = MatrixDirectory::create(path_, request()).value();
    fs::create_directory_symlink(dir_.path(), directory.cell_path("a_cell"));
    ASSERT_TRUE(write_file(dir_.path() / "cell.json", encode(cell())));
    for (const auto& refused :
         {directory.cell("a_cell").map([](const auto&) {}), directory.finished("a_cell").map([](const auto&) {}),
          directory.new_log("a_cell").map([](const auto&) {}), directory.add(cell()),
          directory.clear_attempt("a_cell")}) {
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message(), HasSubstr("is a link, which may lead anywhere"));
    }
    EXPECT_FALSE(directory.cell("../../m").value());
    fs::remove(directory.cell_path("a_cell"));
    ASSERT_TRUE(directory.add(cell()));
    fs::create_symlink(dir_.path() / "target", directory.cell_path("a_cell") / kCellLog);
    EXPECT_FALSE(directory.new_log("a_cell"));
    EXPECT_FALSE(fs::exists(dir_.path() / "target"));
    ASSERT_TRUE(directory.clear_attempt("a_cell"));
    EXPECT_TRUE(directory.new_log("a_cell"));
}

TEST_F(MatrixDirectoryTest, ALinkForALockIsNotFollowed) {
    fs::create_directories(path_);
    fs::create_symlink(dir_.path() / "target", path_ / "lock");
    EXPECT_FALSE(MatrixDirectory::create(path_, request()));
    EXPECT_FALSE(fs::exists(dir_.path() / "target"));
}

TEST_F(MatrixDirectoryTest, ALockThatCannotBeOpenedIsNotHeldByAnother) {
    fs::create_directories(path_ / "lock");
    const auto made = MatrixDirectory::create(path_, request());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().fault(), Fault::usage);
    EXPECT_THAT(made.error().message(), HasSubstr("cannot open the lock"));
    EXPECT_THAT(made.error().message(), HasSubstr("Is a directory"));
}

TEST_F(MatrixDirectoryTest, OnlyAWholeRecordCounts) {
    const fs::path path = dir_.path();
    const Directory directory = Directory::open(path).value();
    EXPECT_FALSE(finished_record(directory).value());

    Record record;
    record.verdict = {Verdict::clean, {"fine"}};
    ASSERT_TRUE(write_file(path / files::kRecord, encode(record)));
    EXPECT_EQ(finished_record(directory).value()->verdict.value, Verdict::clean);

    record.run.ended = Ended::interrupted;
    ASSERT_TRUE(write_file(path / files::kRecord, encode(record)));
    EXPECT_FALSE(finished_record(directory).value());

    ASSERT_TRUE(write_file(path / files::kRecord, encode(record).substr(0, 100)));
    EXPECT_FALSE(finished_record(directory)) << "a cut record is an error, not a verdict";
}

}  // namespace
}  // namespace blkhang
