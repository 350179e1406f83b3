// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_picture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// A squeue that says what is in `queue`, as long as there is that, and adds a line to `asked`.
class SlurmPictureTest : public testing::Test {
protected:
    void SetUp() override {
        const std::string here = dir_.path().string();
        ASSERT_TRUE(write_file(dir_.path() / "squeue",
                               fmt::format("#!/bin/sh\necho >>{0}/asked\ntest -e {0}/queue && cat {0}/queue\n", here)));
        fs::permissions(dir_.path() / "squeue", fs::perms::owner_all);
        setenv("PATH", (here + ":" + path_before_).c_str(), 1);
    }
    void TearDown() override { setenv("PATH", path_before_.c_str(), 1); }
    void queue(const std::string& text) { ASSERT_TRUE(write_file(dir_.path() / "queue", text)); }
    [[nodiscard]] std::size_t asked() const { return read_file(dir_.path() / "asked").value_or("").size(); }

    TempDir dir_ = TempDir::make("slurm-picture-test").value();
    std::string path_before_ = std::getenv("PATH");
    SlurmPicture picture_{"blkhang-name"};
};

TEST_F(SlurmPictureTest, IsTakenOnceInAWhileAndAtOnceWhenSomethingWasSubmitted) {
    queue("0|7\n");
    picture_.refresh(1);
    picture_.refresh(1);
    EXPECT_EQ(asked(), 1U);
    EXPECT_EQ(picture_.number(), 1U);
    EXPECT_TRUE(picture_.shows({"7", 0}));
    queue("1|7\n");
    picture_.outdate();
    picture_.refresh(1);
    EXPECT_EQ(picture_.number(), 2U);
    EXPECT_FALSE(picture_.shows({"7", 0}));
    EXPECT_TRUE(picture_.shows({"7", 1}));
}

TEST_F(SlurmPictureTest, NoAnswerIsNoPicture) {
    queue("0|7\n");
    ASSERT_TRUE(picture_.ask());
    fs::remove(dir_.path() / "queue");
    picture_.refresh(1);
    EXPECT_EQ(picture_.number(), 0U);
    EXPECT_TRUE(picture_.shows({"7", 0})) << "what was known is";
    EXPECT_FALSE(picture_.ask());
}

}  // namespace
}  // namespace blkhang
