// SPDX-License-Identifier: GPL-2.0-only
#include "base/forked.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace blkhang {
namespace {

TEST(Forked, TellsAndEndsWithItsStatus) {
    const pid_t ours = ::getpid();
    const auto child = fork_teller(
        [&](int out) { return write_all(out, ::getpid() == ours ? "the same" : "another").has_value() ? 7 : 1; },
        "trying");
    ASSERT_TRUE(child);
    EXPECT_EQ(read_descriptor(child->in.get(), 100).value(), "another") << "to the end, which it has closed";
    int status = 0;
    EXPECT_EQ(::waitpid(child->pid, &status, 0), child->pid);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace blkhang
