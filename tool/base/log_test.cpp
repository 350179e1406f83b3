// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

namespace blkhang {
namespace {

/// Everything that `speak` writes to standard error.
template <class Speak>
std::string stderr_of(Speak speak) {
    testing::internal::CaptureStderr();
    speak();
    spdlog::default_logger()->flush();
    return testing::internal::GetCapturedStderr();
}

TEST(Log, NormalShowsInfoWithoutColourCodes) {
    const std::string text = stderr_of([] {
        setup_log(Verbosity::normal, false);
        spdlog::debug("hidden");
        spdlog::info("shown {}", 7);
    });
    EXPECT_EQ(text, "blkhang: info: shown 7\n");
}

TEST(Log, QuietKeepsErrors) {
    const std::string text = stderr_of([] {
        setup_log(Verbosity::quiet, false);
        spdlog::warn("hidden");
        spdlog::error("shown");
    });
    EXPECT_EQ(text, "blkhang: error: shown\n");
}

TEST(Log, ColourIsUsedWhenAskedForEvenOffATerminal) {
    const std::string text = stderr_of([] {
        setup_log(Verbosity::verbose, true);
        spdlog::debug("shown");
    });
    EXPECT_NE(text.find('\033'), std::string::npos);
    EXPECT_NE(text.find("shown"), std::string::npos);
}

TEST(Log, AMessageIsOneLineThatNoTerminalObeys) {
    const std::string text = stderr_of([] {
        setup_log(Verbosity::normal, false);
        spdlog::warn("going by {}", "a\x1b[2J\nblkhang: all is well");
    });
    EXPECT_EQ(text, "blkhang: warning: going by a\uFFFD[2J blkhang: all is well\n");
}

}  // namespace
}  // namespace blkhang
