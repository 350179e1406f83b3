// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class SlurmFolderTest : public testing::Test {
protected:
    [[nodiscard]] SlurmFolder folder() const { return SlurmFolder::open(dir_.path()).value(); }
    TempDir dir_ = TempDir::make("slurm-folder-test").value();
};

TEST_F(SlurmFolderTest, HasTheProgramThatNodesRun) {
    const auto mode = fs::status(folder().program()).permissions();
    EXPECT_EQ(mode & fs::perms::all, fs::perms(0755));
    EXPECT_TRUE(SlurmFolder::open(dir_.path())) << "and an earlier one is exchanged";
}

TEST_F(SlurmFolderTest, WhoeverComesNextFindsTheTasksOfEachCellAndNumbersBehindThem) {
    auto first = folder();
    ASSERT_EQ(first.new_array(), "0");
    ASSERT_TRUE(first.write_list("0", {"a", "b"}));
    ASSERT_TRUE(first.write_list("10", {"b"}));
    ASSERT_TRUE(write_file(first.path() / "9x", "no list\n"));
    auto next = folder();
    auto tasks = next.tasks_before_us().value();
    EXPECT_THAT(tasks["a"], ElementsAre(slurm::Task{"0", 0}));
    EXPECT_THAT(tasks["b"], ElementsAre(slurm::Task{"0", 1}, slurm::Task{"10", 0}));
    EXPECT_EQ(tasks.size(), 2U);
    EXPECT_EQ(next.new_array(), "11");
}

TEST_F(SlurmFolderTest, OfAnArrayThatWasNotTakenNothingIsLeft) {
    auto here = folder();
    ASSERT_TRUE(here.write_list("3", {"a", "b"}));
    for (const std::uint32_t index : {0U, 1U}) {
        fs::create_directories(here.attempt({"3", index}));
    }
    here.drop("3", 2);
    EXPECT_TRUE(here.tasks_before_us().value().empty());
    EXPECT_TRUE(fs::is_empty(here.attempt({"3", 0}).parent_path()));
}

TEST_F(SlurmFolderTest, AnAttemptThatIsALinkIsRefused) {
    auto here = folder();
    ASSERT_TRUE(here.write_list("0", {"a"}));
    fs::create_directory_symlink(dir_.path(), here.attempt({"0", 0}));
    const auto tasks = here.tasks_before_us();
    ASSERT_FALSE(tasks);
    EXPECT_THAT(tasks.error().message(), HasSubstr("is a link"));
}

}  // namespace
}  // namespace blkhang
