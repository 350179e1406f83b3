// SPDX-License-Identifier: GPL-2.0-only
#include "onhost/guardian.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a guardian has done, for whoever shares this memory.
class GuardianTest : public testing::Test {
protected:
    static constexpr int kUndone = 1, kDeaf = 2;
    GuardianTest()
        : undone_(*new (::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                               -1, 0)) std::atomic<int>(0)) {}
    ~GuardianTest() override { ::munmap(&undone_, sizeof undone_); }
    [[nodiscard]] bool is_undone_within(seconds time) const {
        for (const auto deadline = Deadline::after(time); !deadline.passed();) {
            if (undone_ != 0) {
                return true;
            }
            std::this_thread::sleep_for(milliseconds(5));
        }
        return false;
    }
    /// Somebody with a guardian, who then does that.
    pid_t guarded(milliseconds limit, const std::function<void(Guardian&)>& then) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            auto guardian = Guardian::post(Deadline::after(limit),
                                           [this](std::optional<pid_t> deaf) { undone_ = deaf ? kDeaf : kUndone; });
            if (guardian) {
                then(*guardian);
            }
            ::_exit(guardian ? 0 : 1);
        }
        return pid;
    }
    std::atomic<int>& undone_;
};

TEST_F(GuardianTest, DoesNothingWhenAllIsOver) {
    auto guardian = Guardian::post(Deadline::after(seconds(60)), [this](std::optional<pid_t> /*deaf*/) { ++undone_; });
    ASSERT_TRUE(guardian);
    guardian->dismiss();
    EXPECT_EQ(undone_, 0) << "it has ended by now";
}

TEST_F(GuardianTest, UndoesWhenTheOneItGuardsIsKilled) {
    const pid_t pid = guarded(seconds(60), [](Guardian& /*guardian*/) { ::pause(); });
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_EQ(undone_, 0);
    ::kill(pid, SIGKILL);
    EXPECT_TRUE(is_undone_within(seconds(10)));
    ::waitpid(pid, nullptr, 0);
}

TEST_F(GuardianTest, AChildOfThatWhichLivesOnChangesNothing) {
    const pid_t pid = guarded(seconds(60), [](Guardian& guardian) {
        if (::fork() == 0) {
            guardian.forget();
            std::this_thread::sleep_for(seconds(5));
        }
    });
    EXPECT_TRUE(is_undone_within(seconds(4)));
    ::waitpid(pid, nullptr, 0);
}

TEST_F(GuardianTest, KillsTheOneItGuardsWhenTheTimeIsOver) {
    const pid_t pid = guarded(milliseconds(50), [](Guardian& /*guardian*/) { ::pause(); });
    EXPECT_TRUE(is_undone_within(seconds(10)));
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_EQ(undone_, kUndone) << "it is not deaf";
}

/// Until then it holds its locks, and what it has open.
TEST_F(GuardianTest, TheOneThatItKillsIsGoneWhenItUndoes) {
    const auto directory = TempDir::make("guardian").value();
    const Fd file{::open((directory.path() / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    ASSERT_TRUE(file.valid());
    struct flock whole {};
    whole.l_type = F_WRLCK;
    const pid_t pid = ::fork();
    if (pid == 0) {
        const bool is_locked = ::fcntl(file.get(), F_SETLK, &whole) == 0;
        const auto guardian = Guardian::post(Deadline::after(milliseconds(50)), [&](std::optional<pid_t> /*deaf*/) {
            undone_ = ::fcntl(file.get(), F_SETLK, &whole) == 0 ? 1 : 2;
        });
        if (is_locked && guardian) {
            ::pause();
        }
        ::_exit(1);
    }
    EXPECT_TRUE(is_undone_within(seconds(10)));
    EXPECT_EQ(undone_, 1);
    ::waitpid(pid, nullptr, 0);
}

/// As one that is stuck in the kernel: the first process of a PID namespace gets no SIGKILL from within.
TEST_F(GuardianTest, IsToldOfOneThatIsDeafToSigkill) {
    constexpr int kSeen = 0, kNotSeen = 1, kCannot = 2;
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
            ::_exit(kCannot);
        }
        const pid_t first = ::fork();
        if (first == 0) {
            const auto guardian = Guardian::post(Deadline::after(milliseconds(50)), [this](std::optional<pid_t> deaf) {
                undone_ = deaf == ::getppid() ? kDeaf : kUndone;
            });
            ::pause();
        }
        const bool is_undone = is_undone_within(seconds(20));
        ::kill(first, SIGKILL);
        ::waitpid(first, nullptr, 0);
        ::_exit(is_undone ? kSeen : kNotSeen);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kCannot) {
        GTEST_SKIP() << "this machine lets nobody make a PID namespace";
    }
    EXPECT_EQ(undone_, kDeaf);
}

pid_t only_child() { return std::stoi(read_file(fmt::format("/proc/self/task/{}/children", ::gettid())).value()); }

TEST_F(GuardianTest, IsDismissedEvenIfItWasStopped) {
    auto guardian = Guardian::post(Deadline::after(seconds(60)), [this](std::optional<pid_t> /*deaf*/) { ++undone_; });
    ASSERT_TRUE(guardian);
    ASSERT_EQ(::kill(only_child(), SIGSTOP), 0);
    guardian->dismiss();
    EXPECT_EQ(undone_, 0);
}

TEST_F(GuardianTest, OneThatWasKilledIsMissed) {
    auto guardian = Guardian::post(Deadline::after(seconds(60)), [this](std::optional<pid_t> /*deaf*/) { ++undone_; });
    ASSERT_TRUE(guardian);
    EXPECT_TRUE(guardian->is_there());
    ASSERT_EQ(::kill(only_child(), SIGKILL), 0);
    for (const auto deadline = Deadline::after(seconds(10)); guardian->is_there() && !deadline.passed();) {
        std::this_thread::sleep_for(milliseconds(5));
    }
    EXPECT_FALSE(guardian->is_there());
    EXPECT_FALSE(guardian->is_there()) << "it was not reaped by the question";
    guardian->dismiss();
    EXPECT_EQ(undone_, 0);
}

}  // namespace
}  // namespace blkhang
