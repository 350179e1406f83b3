// SPDX-License-Identifier: GPL-2.0-only
#include "base/signals.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

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

/// Raises two of them, so far apart.
void raise_both(int first, int second, std::chrono::milliseconds apart) {
    catch_interrupts();
    std::raise(first);
    std::this_thread::sleep_for(apart);
    std::raise(second);
    std::exit(7);
}

TEST(SignalsDeathTest, TheSecondOrderEndsTheProgramAtOnce) {
    using std::chrono::milliseconds;
    using testing::KilledBySignal;
    EXPECT_EXIT(raise_both(SIGINT, SIGINT, milliseconds(150)), KilledBySignal(SIGINT), "");
    EXPECT_EXIT(raise_both(SIGINT, SIGTERM, milliseconds(150)), KilledBySignal(SIGTERM), "");
    EXPECT_EXIT(raise_both(SIGHUP, SIGINT, milliseconds(150)), KilledBySignal(SIGINT), "");
}

TEST(SignalsDeathTest, WhatCountsAsOneOrderEndsNothing) {
    using std::chrono::milliseconds;
    using testing::ExitedWithCode;
    EXPECT_EXIT(raise_both(SIGTERM, SIGTERM, milliseconds(0)), ExitedWithCode(7), "");  // to us, and to our group
    EXPECT_EXIT(raise_both(SIGHUP, SIGHUP, milliseconds(150)), ExitedWithCode(7), "");
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
