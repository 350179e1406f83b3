// SPDX-License-Identifier: GPL-2.0-only
#include "publish/several.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "record/files.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class SeveralTest : public testing::Test {
protected:
    void put(const fs::path& file, std::string_view text) const {
        fs::create_directories((top_ / file).parent_path());
        ASSERT_TRUE(write_file(top_ / file, text));
    }
    void put_matrix(const fs::path& directory) {
        put(directory / files::kMatrix, encode(two_runs(fmt::format("2026-11-22T20:00:00.{}Z", ++matrices_))));
    }
    static Matrix two_runs(const std::string& started) {
        Matrix matrix = build::runs(build::kStock, 0, 2);
        for (CellResult& cell : matrix.cells) {
            cell.started = started;
            cell.total_s += cell.repeat;
        }
        return matrix;
    }
    static std::vector<std::string> names(const SeveralMatrices& several) {
        std::vector<std::string> names;
        for (const NamedMatrix& each : several.matrices) {
            names.push_back(each.name);
        }
        return names;
    }

    TempDir temporary_ = TempDir::make("several-test").value();
    fs::path top_ = temporary_.path();
    int matrices_ = 0;
};

TEST_F(SeveralTest, AFolderIsItsMatricesInTheOrderOfTheirNames) {
    put_matrix("2026/week-2");
    put_matrix("2026/week-1");
    put_matrix("2025/week-52");
    put("2026/week-1/cells/cell-0/record.json", encode(replay::record("kswapd-cycle")));
    put("run/record.json", encode(replay::record("kswapd-cycle")));
    put("notes/readme", "nothing");
    const auto several = read_several({top_});
    ASSERT_TRUE(several) << several.error().message();
    EXPECT_THAT(names(*several), ElementsAre("2025/week-52", "2026/week-1", "2026/week-2", "run"));
    EXPECT_EQ(several->directories[1], top_ / "2026/week-1");
    EXPECT_EQ(several->matrices[3].matrix.cells.size(), 1U);
}

TEST_F(SeveralTest, NamesAreNoLongerThanToTellThemApart) {
    put_matrix("a/one");
    put_matrix("a/two");
    put_matrix("b/one");
    EXPECT_THAT(names(read_several({top_ / "a/one", top_ / "a/two/"}).value()), ElementsAre("one", "two"));
    EXPECT_THAT(names(read_several({top_ / "b/one", top_ / "a"}).value()), ElementsAre("b/one", "a/one", "a/two"));
    EXPECT_THAT(names(read_several({top_ / "b/one"}).value()), ElementsAre("one"));
}

TEST_F(SeveralTest, OneThatIsNamedTwiceCountsOnce) {
    put_matrix("a/one");
    fs::create_directory_symlink(top_ / "a/one", top_ / "link");
    EXPECT_EQ(read_several({top_ / "a/one", top_ / "a", top_ / "link", top_}).value().matrices.size(), 1U);
}

TEST_F(SeveralTest, WhatIsFoundAndCannotBeReadIsLeftOut) {
    put_matrix("good");
    put("damaged/matrix.json", "{");
    put("running/matrix.toml", "kernels = [\"deb:6.1\"]\n");
    const auto several = read_several({top_});
    ASSERT_TRUE(several) << several.error().message();
    EXPECT_THAT(names(*several), ElementsAre("good"));
    ASSERT_EQ(several->left_out.size(), 2U);
    EXPECT_THAT(several->left_out[0], HasSubstr("damaged/matrix.json"));
    EXPECT_EQ(several->left_out[1], "running holds no matrix.json");
    EXPECT_THAT(several->left_out[0], Not(HasSubstr(top_.string())));
}

TEST_F(SeveralTest, CopiesOfARunCountOnce) {
    put("a/matrix.json", encode(two_runs("2026-11-22T20:00:00Z")));
    put("b/copy/matrix.json", encode(two_runs("2026-11-22T20:00:00Z")));
    Matrix resumed = two_runs("2026-11-22T20:00:00Z");
    build::add(resumed, build::cell(build::kStock, Verdict::error));
    resumed.cells.back().started = "";
    put("resumed/matrix.json", encode(resumed));
    put("resumed-copy/matrix.json", encode(resumed));
    const auto several = read_several({top_});
    ASSERT_TRUE(several) << several.error().message();
    EXPECT_THAT(names(*several), ElementsAre("a", "resumed"));
    EXPECT_EQ(several->matrices[0].matrix.cells.size(), 2U);
    EXPECT_EQ(several->matrices[1].matrix.cells.size(), 1U);
    EXPECT_THAT(several->left_out,
                ElementsAre("b/copy: 2 of 2 runs are in another directory, too, and count once",
                            "resumed: 2 of 3 runs are in another directory, too, and count once",
                            "resumed-copy: 3 of 3 runs are in another directory, too, and count once"));
}

TEST_F(SeveralTest, ARecordOfAMatrixIsOneOfItsRuns) {
    const Record record = replay::record("kswapd-cycle");
    Matrix matrix = matrix_of(record);
    matrix.cells.front().id = "cell-0";
    put("a/matrix.json", encode(matrix));
    put("a/cells/cell-0/record.json", encode(record));
    EXPECT_EQ(read_several({top_ / "a", top_ / "a/cells/cell-0"}).value().matrices.size(),
              record.run.started ? 1U : 2U);
}

TEST_F(SeveralTest, AFolderThatNobodyCanLookIntoLeavesTheOthers) {
    put_matrix("good");
    put_matrix("unlisted/one");
    put_matrix("unseen/one");
    put_matrix("unseen/two");
    fs::permissions(top_ / "unlisted", fs::perms::owner_exec);
    fs::permissions(top_ / "unseen", fs::perms::owner_read);
    const uid_t before = ::geteuid();
    if (before == 0) {  // whom nothing is denied
        constexpr uid_t kNobody = 65534;
        fs::permissions(top_, fs::perms::all);
        fs::permissions(top_ / "unlisted", fs::perms::others_exec);
        fs::permissions(top_ / "unseen", fs::perms::others_read);
        ASSERT_EQ(::seteuid(kNobody), 0);
    }
    const auto several = read_several({top_});
    const auto only_that = read_several({top_ / "unseen"});
    ASSERT_EQ(::seteuid(before), 0);
    for (const char* each : {"unlisted", "unseen"}) {
        fs::permissions(top_ / each, fs::perms::owner_all);
    }
    ASSERT_TRUE(several) << several.error().message();
    EXPECT_THAT(names(*several), ElementsAre("good"));
    EXPECT_THAT(several->left_out, UnorderedElementsAre("unlisted: Permission denied", "unseen: Permission denied"));
    ASSERT_FALSE(only_that);
    EXPECT_THAT(only_that.error().message(), HasSubstr("unseen: Permission denied"));
}

TEST_F(SeveralTest, ThereMayBeMoreThanAProcessMayHaveOpen) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit few{32, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 50; ++i) {
        put_matrix(std::to_string(i));
    }
    const auto several = read_several({top_});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(several) << several.error().message();
    EXPECT_EQ(several->matrices.size(), 50U);
    EXPECT_TRUE(several->left_out.empty());
}

TEST_F(SeveralTest, WhatIsNamedHasToBeWhole) {
    put_matrix("good");
    put("damaged/matrix.json", "{");
    const auto refused = read_several({top_ / "good", top_ / "damaged"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_THAT(refused.error().message(), HasSubstr("damaged/matrix.json"));
    EXPECT_FALSE(read_several({top_ / "good", top_ / "nowhere"}));
}

TEST_F(SeveralTest, WhereNothingIsSaysSo) {
    put("empty/readme", "");
    EXPECT_THAT(read_several({top_}).error().message(), HasSubstr("holds neither record.json nor matrix.json"));
    put("damaged/matrix.json", "{");
    EXPECT_THAT(read_several({top_}).error().message(),
                HasSubstr("none of what lies there can be read: reading damaged"));
}

TEST_F(SeveralTest, LinksAreNotFollowedAndDepthIsBounded) {
    put_matrix("elsewhere/one");
    fs::create_directories(top_ / "folder");
    fs::create_directory_symlink(top_ / "elsewhere/one", top_ / "folder/link");
    EXPECT_TRUE(find_below(top_ / "folder").value().directories.empty());
    put_matrix("folder/2/3/4/5");
    put_matrix("folder/1/2/3/4/5/6");
    EXPECT_THAT(find_below(top_ / "folder").value().directories, ElementsAre(top_ / "folder/2/3/4/5"));
}

}  // namespace
}  // namespace blkhang
