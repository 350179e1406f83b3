// SPDX-License-Identifier: GPL-2.0-only
#include "publish/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class CommitIn : public testing::Test {
protected:
    CommitIn() {
        git({"init", "--quiet"});
        const std::string message =
            "block: freeze first\n\nWhy.\n\nSigned-off-by: Ann Author <ann@example.org>\n"
            "Signed-off-by: Bob, of the block layer <not an address>\nSigned-off-by: Jens <jens@example.org>";
        git({"-c", "user.name=Ann Author", "-c", "user.email=ann@example.org", "commit", "--quiet", "--allow-empty",
             "-m", message});
        hash_ = git({"rev-parse", "HEAD"}).substr(0, 40);
    }
    std::string git(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"git", "-C", tree_.path().string()});
        return command_stdout(arguments, Deadline::after(std::chrono::seconds(20))).value();
    }

    TempDir tree_ = TempDir::make("blkhang-commit-").value();
    std::string hash_;
};

TEST_F(CommitIn, TellsWhoseItIs) {
    const auto commit = commit_in(tree_.path(), hash_.substr(0, 12));
    ASSERT_TRUE(commit) << commit.error().message();
    EXPECT_EQ(commit->hash, hash_);
    EXPECT_EQ(commit->subject, "block: freeze first");
    EXPECT_THAT(commit->people, ElementsAre("Ann Author <ann@example.org>", "Jens <jens@example.org>"));
}

TEST_F(CommitIn, OneThatIsNotThereIsAnError) {
    const auto commit = commit_in(tree_.path(), "123456789abc");
    ASSERT_FALSE(commit);
    EXPECT_THAT(commit.error().message(), StartsWith("--bisected 123456789abc: "));
    EXPECT_THAT(commit.error().message(), HasSubstr("that was bisected"));
}

}  // namespace
}  // namespace blkhang
