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

TEST_F(CommitIn, WhatGitSaysOfSignaturesIsNoPartOfIt) {
    const auto gpg = tree_.path() / "gpg";
    ASSERT_TRUE(write_file(gpg,
                           "#!/bin/sh\ncat >/dev/null\ncase \"$*\" in\n"
                           "*--verify*) echo 'gpg: Good signature' >&2; echo '[GNUPG:] GOODSIG 1234567890ABCDEF x' ;;\n"
                           "*) echo '[GNUPG:] SIG_CREATED ' >&2; echo '-----BEGIN PGP SIGNATURE-----'; echo;"
                           " echo '-----END PGP SIGNATURE-----' ;;\nesac\n"));
    std::filesystem::permissions(gpg, std::filesystem::perms::owner_all);
    git({"config", "gpg.program", gpg.string()});
    git({"config", "log.showSignature", "true"});
    git({"-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "--quiet", "--allow-empty", "-S", "-m",
         "signed"});
    const auto commit = commit_in(tree_.path(), "HEAD");
    ASSERT_TRUE(commit) << commit.error().message();
    EXPECT_EQ(commit->subject, "signed");
}

TEST_F(CommitIn, OneThatIsNotThereIsAnError) {
    const auto commit = commit_in(tree_.path(), "123456789abc");
    ASSERT_FALSE(commit);
    EXPECT_THAT(commit.error().message(), StartsWith("--bisected 123456789abc: "));
    EXPECT_THAT(commit.error().message(), HasSubstr("that was bisected"));
}

}  // namespace
}  // namespace blkhang
