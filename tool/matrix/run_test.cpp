// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "lab/testing/kernel_image.h"
#include "matrix/testing/fake_executor.h"
#include "record/files.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three runs of one profile on a kernel that is a file and never boots.
class RunMatrix : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(write_file(dir_.path() / "image", kernel_image()));
        MatrixRequest request;
        request.kernels = {"file:" + (dir_.path() / "image").string()};
        request.profiles = {"kvm-2011"};
        request.repeat = 3;
        request.deadline = std::chrono::seconds(1);
        Profile profile;
        profile.name = "kvm-2011";
        for (const Cell& cell : plan_cells(request, {profile})) {
            ids_.push_back(cell.id);
        }
        directory_.emplace(MatrixDirectory::create(dir_.path() / "m", request).value());
    }
    Result<Matrix> run() { return run_matrix(*directory_, executor_, Progress::Kind::none); }
    static void leave_record(const fs::path& cell) {
        ASSERT_TRUE(write_file(cell / files::kRecord, encode(replay::record("nested-nowait"))));
    }

    TempDir dir_ = TempDir::make("run-matrix-test").value();
    std::vector<std::string> ids_;
    std::optional<MatrixDirectory> directory_;
    FakeExecutor executor_;
};

TEST_F(RunMatrix, OneThatDoesNotStartAndOneThatNeverEndsLeaveTheOthersAlone) {
    ASSERT_EQ(ids_.size(), 3U);
    executor_.scripts[ids_[0]] = {.refusal = "no node is free"};
    executor_.scripts[ids_[1]] = {.code = {}, .code_if_asked = 143};
    executor_.scripts[ids_[2]] = {.work = leave_record};
    const auto matrix = run();
    ASSERT_TRUE(matrix) << matrix.error().message();
    ASSERT_EQ(matrix->cells.size(), 3U);
    EXPECT_EQ(matrix->cells[0].verdict, Verdict::error);
    EXPECT_THAT(matrix->cells[0].reasons, ElementsAre("not started: no node is free"));
    EXPECT_EQ(matrix->cells[1].verdict, Verdict::error);
    EXPECT_THAT(matrix->cells[1].reasons, ElementsAre(HasSubstr("the cell's deadline")));
    EXPECT_EQ(matrix->cells[2].verdict, replay::record("nested-nowait").verdict.value);
    EXPECT_EQ(executor_.running(), 0U);
    EXPECT_EQ(read_matrix(directory_->directory()).value().cells.size(), 3U) << "it is on disk, too";
}

TEST_F(RunMatrix, OnlyWhatHasNoRecordYetIsRunAgain) {
    executor_.scripts[ids_[0]] = {.work = leave_record};
    ASSERT_TRUE(run());
    executor_.calls.clear();
    ASSERT_TRUE(run());
    EXPECT_THAT(executor_.calls, ElementsAre("submit " + ids_[1], "submit " + ids_[2]));
}

TEST_F(RunMatrix, RunsNoMoreAtOnceThanThereIsRoomFor) {
    executor_.room = 0;
    const auto matrix = run();
    ASSERT_TRUE(matrix);
    EXPECT_EQ(matrix->jobs, 1U) << "one at the least";
}

}  // namespace
}  // namespace blkhang
