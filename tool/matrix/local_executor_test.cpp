// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/local_executor.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "base/clock.h"
#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// A program that does what the file `script` in the cell's directory says.
class LocalExecutorTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(write_file(program_, "#!/bin/sh\ntest \"$1\" = cell && exec sh \"$2/script\"\n"));
        fs::permissions(program_, fs::perms::owner_all);
    }
    Executor::Ticket submit(const std::string& script) {
        EXPECT_TRUE(write_file(dir_.path() / "script", script));
        return executor_.submit(order()).value();
    }
    [[nodiscard]] CellOrder order() const {
        const std::string log = (dir_.path() / "log").string();
        return {dir_.path(), Fd(::open(log.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600))};
    }
    int exit_code(Executor::Ticket ticket) {
        const Deadline deadline = Deadline::after(std::chrono::seconds(60));
        for (;;) {
            if (const auto code = executor_.look(ticket); code || deadline.passed()) {
                return code.value_or(-1);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    /// Until the cell has said so: it may not have begun to listen.
    void wait_until_said(const std::string& word) const {
        const Deadline deadline = Deadline::after(std::chrono::seconds(60));
        while (read_file(dir_.path() / "log").value_or("").find(word) == std::string::npos && !deadline.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    TempDir dir_ = TempDir::make("local-executor-test").value();
    fs::path program_ = dir_.path() / "program";
    LocalExecutor executor_{{}, program_.string()};
};

TEST_F(LocalExecutorTest, TellsTheExitCodeAndKeepsWhatTheCellSays) {
    EXPECT_EQ(exit_code(submit("echo out; echo err >&2; exit 7")), 7);
    EXPECT_EQ(read_file(dir_.path() / "log").value(), "out\nerr\n");
}

TEST_F(LocalExecutorTest, OnlyACellOfATrustedMatrixTrustsItsKernel) {
    ASSERT_TRUE(write_file(program_, "#!/bin/sh\necho \"$*\"\n"));
    for (const bool trusts : {false, true}) {
        CellOrder one = order();
        one.trusts_kernels = trusts;
        ASSERT_EQ(exit_code(executor_.submit(one).value()), 0);
        const bool told = read_file(dir_.path() / "log").value().find("--trust-kernels") != std::string::npos;
        EXPECT_EQ(told, trusts);
    }
}

TEST_F(LocalExecutorTest, CellsWithTheSameGuestShareAFile) {
    ASSERT_TRUE(
        write_file(program_, "#!/bin/sh\necho \"$*\"\nstat -L -c %i-%h /proc/self/fd/3 2>/dev/null || echo none\n"));
    const auto said = [&](LocalExecutor& executor, std::string machine) {
        CellOrder one = order();
        one.machine = std::move(machine);
        const auto ticket = executor.submit(one).value();
        const Deadline deadline = Deadline::after(std::chrono::seconds(60));
        while (!executor.look(ticket) && !deadline.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return read_file(dir_.path() / "log").value();
    };
    EXPECT_THAT(said(executor_, "one"), testing::EndsWith("never\nnone\n")) << "nobody asked for it";
    LocalExecutor reusing{dir_.path(), program_.string()};
    const auto first = said(reusing, "one");
    EXPECT_THAT(first, testing::HasSubstr(" --boot-state 3\n"));
    EXPECT_THAT(first, testing::EndsWith("-0\n")) << "it has no name, and goes with whoever uses it";
    EXPECT_EQ(said(reusing, "one"), first);
    EXPECT_NE(said(reusing, "another"), first);
    EXPECT_THAT(said(reusing, ""), testing::EndsWith("none\n")) << "a cell without a guest";
}

TEST_F(LocalExecutorTest, WithoutAPlaceForStatesEachGuestBoots) {
    ASSERT_TRUE(write_file(program_, "#!/bin/sh\necho \"$*\"\n"));
    LocalExecutor reusing{dir_.path() / "nowhere", program_.string()};
    CellOrder one = order();
    one.machine = "one";
    const auto ticket = reusing.submit(one);
    ASSERT_TRUE(ticket);
    wait_until_said("cell");
    EXPECT_THAT(read_file(dir_.path() / "log").value(), testing::Not(testing::HasSubstr("--boot-state")));
}

TEST_F(LocalExecutorTest, ACellIsToldToEndAndDecidesItself) {
    const auto ticket = submit("trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done");
    wait_until_said("ready");
    EXPECT_FALSE(executor_.look(ticket));
    executor_.cancel(ticket, Executor::Cancel::in_good_order);
    EXPECT_EQ(exit_code(ticket), 9);
}

TEST_F(LocalExecutorTest, ACellThatDoesNotListenIsKilled) {
    const auto ticket = submit("trap '' TERM; echo ready; while :; do sleep 0.02; done");
    wait_until_said("ready");
    executor_.cancel(ticket, Executor::Cancel::in_good_order);
    EXPECT_FALSE(executor_.look(ticket));
    executor_.cancel(ticket, Executor::Cancel::at_once);
    EXPECT_THROW(executor_.look(ticket), std::out_of_range) << "its ticket is spent";
}

TEST_F(LocalExecutorTest, GivesEachGuestACpuAndItsMemory) {
    EXPECT_GE(executor_.capacity(1).cells, 1U);
    EXPECT_EQ(executor_.capacity(std::uint64_t{1} << 60U).cells, 0U) << "so large is none";
    EXPECT_THAT(executor_.capacity(1).why, testing::HasSubstr("CPUs, and memory for"));
}

TEST(Executors, EachRowMakesOne) {
    for (const ExecutorKind& kind : executors()) {
        EXPECT_FALSE(kind.help.empty()) << kind.name;
        EXPECT_TRUE(find_executor(kind.name)) << kind.name;
    }
    const auto unknown = find_executor("slurp");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault(), Fault::usage);
    EXPECT_THAT(unknown.error().message(), testing::HasSubstr("unknown executor 'slurp'"));
}

}  // namespace
}  // namespace blkhang
