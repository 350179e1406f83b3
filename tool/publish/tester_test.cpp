// SPDX-License-Identifier: GPL-2.0-only
#include "publish/tester.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace blkhang {
namespace {

/// What git is told by the environment outranks every file of configuration.
void git_knows(const char* name, const char* mail) {
    setenv("GIT_CONFIG_COUNT", "2", 1);
    setenv("GIT_CONFIG_KEY_0", "user.name", 1);
    setenv("GIT_CONFIG_VALUE_0", name, 1);
    setenv("GIT_CONFIG_KEY_1", "user.email", 1);
    setenv("GIT_CONFIG_VALUE_1", mail, 1);
}

TEST(Tester, IsWhomGitKnows) {
    git_knows("Ada Lovelace", "ada@example.org");
    EXPECT_EQ(tester(), "Ada Lovelace <ada@example.org>");
    git_knows("Ada Lovelace", "");
    EXPECT_EQ(tester(), "");
    unsetenv("GIT_CONFIG_COUNT");
}

}  // namespace
}  // namespace blkhang
