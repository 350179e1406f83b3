// SPDX-License-Identifier: GPL-2.0-only
#include "base/forked.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

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

TEST(Forked, IsHeardOutOrGivenUp) {
    const auto quick = fork_teller([](int out) { return write_all(out, "all of it").has_value() ? 0 : 1; }, "trying");
    ASSERT_TRUE(quick);
    std::string heard;
    const auto take = [&](std::string_view piece) { heard += piece; };
    EXPECT_TRUE(hear_out(*quick, Deadline::after(std::chrono::seconds(60)), take));
    EXPECT_EQ(heard, "all of it");
    EXPECT_EQ(::waitpid(quick->pid, nullptr, 0), quick->pid);
    const auto stuck = fork_teller(
        [](int out) {
            static_cast<void>(write_all(out, ", half"));
            ::pause();
            return 0;
        },
        "trying");
    ASSERT_TRUE(stuck);
    EXPECT_FALSE(hear_out(*stuck, Deadline::after(std::chrono::milliseconds(500)), take));
    EXPECT_EQ(heard, "all of it, half");
    int status = 0;
    EXPECT_EQ(::waitpid(stuck->pid, &status, 0), stuck->pid);
    EXPECT_TRUE(WIFSIGNALED(status));
}

}  // namespace
}  // namespace blkhang
