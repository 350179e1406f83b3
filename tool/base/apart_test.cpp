// SPDX-License-Identifier: GPL-2.0-only
#include "base/apart.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>

namespace blkhang {
namespace {

TEST(Apart, AnswersOfAnyLength) {
    const std::string much(300'000, 'x');
    const auto answer = answer_apart([&] { return much; }, Deadline::after(std::chrono::seconds(60)));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*answer, much);
}

TEST(Apart, WhoDoesNotReturnIsGivenUp) {
    const auto answer = answer_apart(
        [] {
            ::pause();
            return std::string();
        },
        Deadline::after(std::chrono::milliseconds(100)));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*answer, std::nullopt);
    EXPECT_TRUE(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD) << "nothing is left of it";
}

TEST(Apart, HalfAnAnswerIsNone) {
    const auto answer = answer_apart(
        [] {
            ::raise(SIGKILL);
            return std::string("never");
        },
        Deadline::after(std::chrono::seconds(60)));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*answer, std::nullopt);
}

}  // namespace
}  // namespace blkhang
