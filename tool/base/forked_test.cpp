// SPDX-License-Identifier: GPL-2.0-only
#include "base/forked.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace blkhang {
namespace {

bool is_reaped(pid_t child) { return ::waitpid(child, nullptr, WNOHANG) == -1 && errno == ECHILD; }

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
    EXPECT_EQ(hear_out(*quick, Deadline::after(std::chrono::seconds(60)), take), 0);
    EXPECT_EQ(heard, "all of it");
    EXPECT_TRUE(is_reaped(quick->pid));
    const auto stuck = fork_teller(
        [](int out) {
            static_cast<void>(write_all(out, ", half"));
            ::pause();
            return 0;
        },
        "trying");
    ASSERT_TRUE(stuck);
    EXPECT_EQ(hear_out(*stuck, Deadline::after(std::chrono::milliseconds(500)), take), std::nullopt);
    EXPECT_EQ(heard, "all of it, half");
    EXPECT_TRUE(is_reaped(stuck->pid));
}

TEST(Forked, WhoClosesItsEndAndStaysIsGivenUp) {
    const auto stuck = fork_teller(
        [](int out) {
            ::close(out);
            ::pause();
            return 0;
        },
        "trying");
    ASSERT_TRUE(stuck);
    EXPECT_EQ(hear_out(*stuck, Deadline::after(std::chrono::milliseconds(100)), [](std::string_view) {}), std::nullopt);
    EXPECT_TRUE(is_reaped(stuck->pid));
}

}  // namespace
}  // namespace blkhang
