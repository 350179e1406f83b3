// SPDX-License-Identifier: GPL-2.0-only
#include "load/pressure.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "load/roles.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

class PressureTest : public testing::Test {
protected:
    [[nodiscard]] fs::path program(const std::string& script) const {
        auto path = dir_.path() / "stress-ng";
        EXPECT_TRUE(write_file(path, "#!/bin/sh\n" + script));
        fs::permissions(path, fs::perms::owner_all);
        return path;
    }

    TempDir dir_ = TempDir::make("pressure-test").value();
};

TEST_F(PressureTest, AProgramThatRunsIsTaken) {
    EXPECT_EQ(reason_against_stress_ng(program("test \"$1\" = --version")), "");
}

TEST_F(PressureTest, WhyOneDoesNotRunIsToldInItsWords) {
    EXPECT_THAT(reason_against_stress_ng(program("echo FATAL: kernel too old >&2; exit 127")),
                testing::HasSubstr("FATAL: kernel too old"));
    EXPECT_THAT(reason_against_stress_ng(dir_.path() / "none"), testing::Not(testing::IsEmpty()));
}

TEST_F(PressureTest, OurOwnHoldsItsShareOfTheMemory) {
    Profile profile;
    profile.pressure.vm = 2;
    profile.pressure.vm_bytes = 32 << 20;
    auto counters = SharedCounters::make();
    ASSERT_TRUE(counters);
    give_go(**counters);
    const pid_t pid = ::fork();
    if (pid == 0) {
        play_memory_writer(profile, **counters);
    }
    ASSERT_GT(pid, 0);
    const auto resident = [&] {
        std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
        std::uint64_t all = 0;
        std::uint64_t pages = 0;
        file >> all >> pages;
        return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    };
    const auto deadline = Deadline::after(std::chrono::seconds(60));
    while (resident() < (16U << 20) && !deadline.passed()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_GE(resident(), 16U << 20);
    EXPECT_LT(resident(), 30U << 20) << "it is one of two";
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace blkhang
