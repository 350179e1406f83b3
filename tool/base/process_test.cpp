// SPDX-License-Identifier: GPL-2.0-only
#include "base/process.h"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/signals.h"
#include "base/testing/old_kernel.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

Deadline soon() { return Deadline::after(seconds(20)); }
std::vector<std::string> sh(const std::string& script) { return {"sh", "-c", script}; }

/// No child is left, running or zombie.
bool no_children() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }
bool alive(pid_t pid) { return ::kill(pid, 0) == 0; }
/// An orphan counts as dead while it waits to be reaped, which the first process of a container may do late or never.
bool dead_soon(pid_t pid) {
    const auto dead = [&] {
        const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
        return !stat || stat->find(") Z ") != std::string::npos;
    };
    const Deadline deadline = soon();
    while (!dead() && !deadline.passed()) {
        std::this_thread::sleep_for(milliseconds(5));
    }
    return dead();
}

TEST(RunCommand, SeparatesOutputErrorAndExitCode) {
    const auto output = run_command(sh("echo out; echo err >&2; exit 3"), soon()).value();
    EXPECT_EQ(output.out, "out\n");
    EXPECT_EQ(output.err, "err\n");
    EXPECT_EQ(output.exit_code, 3);
    EXPECT_TRUE(no_children());
}

TEST(RunCommand, TakesMoreThanAPipeHolds) {
    const auto output =
        run_command(sh("head -c 1000000 /dev/zero | tr '\\0' x >&2; head -c 1000000 /dev/zero"), soon()).value();
    EXPECT_EQ(output.out.size(), 1'000'000U);
    EXPECT_EQ(output.err, std::string(1'000'000, 'x'));
}

TEST(RunCommand, TakesAllOfWhatIsReadInSeveralTurns) {
    EXPECT_EQ(run_command(sh("head -c 9000000 /dev/zero"), soon()).value().out.size(), 9'000'000U);
}

TEST(RunCommand, EndsOneThatNeverStopsTalking) {
    CommandOptions options;
    options.largest_output = std::size_t{4} << 20U;
    for (const char* endless : {"yes", "yes >&2"}) {
        const auto output = run_command(sh(endless), soon(), options);
        ASSERT_FALSE(output);
        EXPECT_THAT(output.error().message(), HasSubstr("says more than 4MiB"));
        EXPECT_TRUE(no_children());
    }
}

TEST(RunCommand, FeedsInputLargerThanAPipe) {
    const std::string text(300'000, 'y');
    EXPECT_EQ(run_command({"cat"}, soon(), {{}, {}, text}).value().out, text);
    EXPECT_EQ(run_command({"cat"}, soon()).value().out, "");
}

TEST(RunCommand, FeedsInputWithoutFilesInMemory) {
    const auto ended = old_kernel::run({{SYS_memfd_create}}, [] {
        const auto output = run_command(sh("cat"), soon(), {"", {}, "what is read"});
        return output && output->out == "what is read" ? 0 : 1;
    });
    EXPECT_EQ(ended, 0);
}

TEST(RunCommand, ChangesDirectoryAndEnvironment) {
    ::setenv("BLKHANG_TEST_KEPT", "kept", 1);
    ::setenv("BLKHANG_TEST_REPLACED", "old", 1);
    const auto output = run_command(sh("pwd; echo $BLKHANG_TEST_KEPT $BLKHANG_TEST_REPLACED $BLKHANG_TEST_NEW"), soon(),
                                    {"/proc", {"BLKHANG_TEST_REPLACED=new", "BLKHANG_TEST_NEW=added"}, ""});
    EXPECT_EQ(output.value().out, "/proc\nkept new added\n");
}

TEST(RunCommand, DeathBySignalIs128PlusItsNumber) {
    EXPECT_EQ(run_command(sh("kill -TERM $$"), soon()).value().exit_code, 128 + SIGTERM);
}

TEST(RunCommand, WhatWeIgnoreEndsACommand) {
    for (const auto& [number, name] : {std::pair{SIGPIPE, "PIPE"}, {SIGXFSZ, "XFSZ"}}) {
        const auto before = std::signal(number, SIG_IGN);
        const auto output = run_command(sh(fmt::format("kill -{} $$", name)), soon());
        std::signal(number, before);
        EXPECT_EQ(output.value().exit_code, 128 + number);
    }
}

TEST(RunCommand, KillsTheWholeGroupAtTheDeadline) {
    const TempDir dir = TempDir::make("process_test").value();
    const std::string pid_file = (dir.path() / "pid").string();
    const auto output =
        run_command(sh("sleep 1000 & echo $! > " + pid_file + "; wait"), Deadline::after(milliseconds(500)));
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().fault(), Fault::broken);
    EXPECT_THAT(output.error().message(), HasSubstr("did not finish within 0.5"));
    EXPECT_TRUE(dead_soon(std::stoi(read_file(pid_file).value())));
    EXPECT_TRUE(no_children());
}

TEST(RunCommand, DoesNotWaitForWhatACommandLeftBehind) {
    const std::uint64_t start = monotonic_ns();
    const auto output = run_command(sh("sleep 1000 & echo $!"), soon());
    EXPECT_LT(monotonic_ns() - start, 10'000'000'000U);
    EXPECT_TRUE(dead_soon(std::stoi(output.value().out)));
}

TEST(RunCommand, MissingProgramIsNamed) {
    const auto output = run_command({"blkhang-no-such-program"}, soon());
    ASSERT_FALSE(output);
    EXPECT_THAT(output.error().message(), HasSubstr("'blkhang-no-such-program' not found"));
}

TEST(RunCommand, SaysWhatFailedBeforeTheProgramRan) {
    const TempDir dir = TempDir::make("process_test").value();
    EXPECT_THAT(run_command({"true"}, soon(), {dir.path() / "none", {}, ""}).error().message(),
                AllOf(HasSubstr("working directory"), HasSubstr("No such file")));
    const auto script = dir.path() / "script";
    ASSERT_TRUE(write_file(script, "#!/nonexistent/interpreter\n"));
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    EXPECT_THAT(run_command({script.string()}, soon()).error().message(), HasSubstr("executing"));
    EXPECT_TRUE(no_children());
}

TEST(RunCommandDeathTest, InterruptEndsTheCommandThatRunsButNotLaterOnes) {
    EXPECT_EXIT(
        {
            catch_interrupts();
            const auto cut = run_command(sh("kill -INT $PPID; sleep 1000"), soon());
            const auto cleanup = run_command({"true"}, soon());
            const bool right = !cut && cut.error().message().find("interrupted") != std::string::npos && cleanup;
            std::exit(right ? 7 : 1);
        },
        testing::ExitedWithCode(7), "");
}

TEST(CommandStdout, CarriesTheLastLinesOfAFailure) {
    EXPECT_EQ(command_stdout({"echo", "x"}, soon()).value(), "x\n");
    const auto output = command_stdout(sh("for i in 1 2 3 4; do echo line $i >&2; done; exit 9"), soon());
    ASSERT_FALSE(output);
    EXPECT_THAT(output.error().message(), HasSubstr("failed with exit code 9: line 2; line 3; line 4"));
    EXPECT_THAT(command_stdout(sh("echo only >&2; exit 1"), soon()).error().message(), HasSubstr("code 1: only"));
}

TEST(Child, PlacesOverlappingDescriptorsExactly) {
    const TempDir dir = TempDir::make("process_test").value();
    const auto open_new = [&](const char* name) {
        return Fd(::open((dir.path() / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    };
    const Fd a = open_new("a");
    const Fd b = open_new("b");
    const Fd c = open_new("c");
    // A swap, and one that keeps its number.
    auto child = Child::spawn(
        {"bash", "-c", fmt::format("echo to-a >&{}; echo to-b >&{}; echo to-c >&{}", b.get(), a.get(), c.get())},
        {{a.get(), b.get()}, {b.get(), a.get()}, {c.get(), c.get()}});
    ASSERT_TRUE(child) << child.error().message();
    EXPECT_EQ(child->wait(soon()), 0);
    EXPECT_EQ(read_file(dir.path() / "a").value(), "to-a\n");
    EXPECT_EQ(read_file(dir.path() / "b").value(), "to-b\n");
    EXPECT_EQ(read_file(dir.path() / "c").value(), "to-c\n");
}

TEST(Child, InheritsNothingThatWasNotNamed) {
    const TempDir dir = TempDir::make("process_test").value();
    const Fd list(::open((dir.path() / "list").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const Fd careless(::open("/dev/zero", O_RDONLY));  // without O_CLOEXEC
    auto child = Child::spawn(sh("readlink /proc/$$/fd/*; true"), {{list.get(), 1}});
    ASSERT_TRUE(child);
    EXPECT_EQ(child->wait(soon()), 0);
    EXPECT_THAT(read_file(dir.path() / "list").value(), AllOf(HasSubstr("/dev/null\n"), Not(HasSubstr("zero"))));
}

TEST(Child, RefusesABadDescriptor) {
    const auto child = Child::spawn({"true"}, {{12345, 3}});
    ASSERT_FALSE(child);
    EXPECT_THAT(child.error().message(), HasSubstr("Bad file descriptor"));
}

TEST(Child, PollsWithoutWaitingAndKeepsTheExitCode) {
    auto child = Child::spawn({"sleep", "1000"}, {}).value();
    EXPECT_EQ(child.poll(), std::nullopt);
    EXPECT_EQ(child.wait(Deadline::after(milliseconds(20))), std::nullopt);
    child.kill();
    EXPECT_EQ(child.poll(), 128 + SIGKILL);
    EXPECT_EQ(child.poll(), 128 + SIGKILL);
    EXPECT_TRUE(no_children());
}

TEST(Child, IsKilledAndReapedAtTheEndOfItsScope) {
    pid_t pid = -1;
    {
        auto first = Child::spawn({"sleep", "1000"}, {}).value();
        pid = first.pid();
        Child second = std::move(first);
        EXPECT_TRUE(alive(second.pid()));
    }
    EXPECT_FALSE(alive(pid));
    EXPECT_TRUE(no_children());
}

TEST(Child, DiesWithItsParent) {
    const TempDir dir = TempDir::make("process_test").value();
    const auto pid_file = dir.path() / "pid";
    const pid_t parent = ::fork();
    ASSERT_GE(parent, 0);
    if (parent == 0) {
        auto child = Child::spawn({"sleep", "1000"}, {});
        const bool written = child && write_file(pid_file, std::to_string(child->pid()));
        ::_exit(written ? 0 : 1);  // without destructors, as if killed
    }
    int status = 0;
    ASSERT_EQ(::waitpid(parent, &status, 0), parent);
    ASSERT_EQ(status, 0);
    EXPECT_TRUE(dead_soon(std::stoi(read_file(pid_file).value())));
}

}  // namespace
}  // namespace blkhang
