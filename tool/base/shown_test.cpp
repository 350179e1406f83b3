// SPDX-License-Identifier: GPL-2.0-only
#include "base/shown.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"

namespace blkhang {
namespace {

TEST(Shown, WordsStayAndForeignTextIsMadePrintable) {
    const std::string foreign = "a\x1b[2J\nb";
    EXPECT_EQ(shown("\r\x1b[K{}: {}\n", foreign, 7).text(), "\r\x1b[Ka\uFFFD[2J b: 7\n");
    EXPECT_EQ(shown("{} {}", foreign.c_str(), std::string_view("\x9b")).text(), "a\uFFFD[2J b \uFFFD");
    EXPECT_EQ(shown("{}|{}", '\x1b', "\x1b").text(), "\uFFFD|\uFFFD");
    EXPECT_EQ(shown("{:<6}{:>{}}", foreign, "x", 3).text(), "a\uFFFD[2J b  x");
    EXPECT_EQ(shown("plain").text(), "plain");
}

TEST(Shown, WhatIsShownGoesIntoOtherWords) {
    EXPECT_EQ(shown("{}!", shown("\x1b[1m{}\x1b[0m", "x")).text(), "\x1b[1mx\x1b[0m!");
}

TEST(Shown, LinesKeepTheirEnds) { EXPECT_EQ(Shown::lines("a\n\tb\x1b[2J\n").text(), "a\n\tb\uFFFD[2J\n"); }

TEST(Shown, OfAReportColoursStayAndNothingElse) {
    for (const char* const painted : {"\x1b[1mHANG\x1b[0m\n", "a\x1b[1;31mb\x1b[0m", "\x1b[32m\x1b[33mx", "x", ""}) {
        EXPECT_EQ(Shown::painted(painted).text(), painted);
    }
    EXPECT_EQ(Shown::painted("\x1b[8mx\x1b[1;8m\x1b[2J\x1b[1\x1b]0;t\a\x1b").text(),
              "\uFFFD[8mx\uFFFD[1;8m\uFFFD[2J\uFFFD[1\uFFFD]0;t\uFFFD\uFFFD");
}

TEST(Print, AFullDiskIsRemembered) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto exit_status = [] {
        const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
        ::dup2(full.get(), STDOUT_FILENO);
        print(shown("one\n"));
        print(shown("two\n"));
        const Status all = printed();
        ::_exit(!all && all.error().message() == "writing the output: No space left on device" ? 0 : 1);
    };
    EXPECT_EXIT(exit_status(), testing::ExitedWithCode(0), "");
}

TEST(Complain, AFullOrClosedStandardErrorIsNoProblem) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto exit_status = [](int fd) {
        ::dup2(fd, STDERR_FILENO);
        ::close(fd);
        complain(shown("nobody reads this\n"));
        ::close(STDERR_FILENO);
        complain(shown("nor this\n"));
        ::_exit(0);
    };
    EXPECT_EXIT(exit_status(::open("/dev/full", O_WRONLY)), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace blkhang
