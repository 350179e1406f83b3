// SPDX-License-Identifier: GPL-2.0-only
#include "base/signals.h"

#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

namespace blkhang {
namespace {

// The flag stays for the life of a process, so each test runs in one of its own.
TEST(SignalsDeathTest, CaughtSignalsSetTheFlag) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        EXPECT_EXIT(
            {
                catch_interrupts();
                if (interrupted()) {
                    std::exit(1);
                }
                std::raise(signal);
                std::exit(interrupted() ? 7 : 2);
            },
            testing::ExitedWithCode(7), "");
    }
}

TEST(SignalsDeathTest, QuitStillEndsTheProgram) {
    EXPECT_EXIT(
        {
            catch_interrupts();
            std::raise(SIGQUIT);
        },
        testing::KilledBySignal(SIGQUIT), "");
}

}  // namespace
}  // namespace blkhang
