// SPDX-License-Identifier: GPL-2.0-only
#include "base/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace blkhang {
namespace {

/// The next descriptor to be opened, after those were closed.
int next_after_closing(std::initializer_list<int> closed) {
    for (const int fd : closed) {
        ::close(fd);
    }
    open_standard_descriptors();
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(StandardDescriptors, NoFileThatIsOpenedTakesTheirPlaces) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(::_exit(next_after_closing({0, 1, 2}) > 2 ? 0 : 1), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(::_exit(next_after_closing({2}) > 2 ? 0 : 1), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(::_exit(next_after_closing({0, 2}) > 2 ? 0 : 1), testing::ExitedWithCode(0), "");
    EXPECT_EXIT(::_exit(next_after_closing({}) > 2 ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(StandardDescriptors, LostOutputIsAnErrorAndLostMessagesAreNone) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto exit_status = [] {
        next_after_closing({0, 1, 2});
        char c = 0;
        const bool nothing_to_read = ::read(STDIN_FILENO, &c, 1) == 0;
        const bool no_output = ::write(STDOUT_FILENO, &c, 1) == -1 && errno == EBADF;
        const bool any_message = ::write(STDERR_FILENO, &c, 1) == 1;
        ::_exit(nothing_to_read && no_output && any_message ? 0 : 1);
    };
    EXPECT_EXIT(exit_status(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace blkhang
