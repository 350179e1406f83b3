// SPDX-License-Identifier: GPL-2.0-only
#include "stage/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

/// Waits for it. Its exit code, or minus the signal that killed it.
int end_of(pid_t pid) {
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(StartChild, ItsNumberIsToldAndThenItWorks) {
    FakeMachine machine;
    const auto pid = start_child(machine.ledger, "blkhang-test", [] { ::_exit(7); });
    ASSERT_TRUE(pid);
    EXPECT_THAT(machine.ledger.all<change::Process>(), ElementsAre(change::Process{"blkhang-test", *pid}));
    EXPECT_EQ(end_of(*pid), 7);
}

TEST(StartChild, WithoutTheLedgerItDoesNothing) {
    FakeMachine machine;
    machine.ledger.refuses_at = 0;
    const auto mark = machine.tree.at("mark");
    EXPECT_FALSE(start_child(machine.ledger, "blkhang-test", [&] { static_cast<void>(write_file(mark, "worked")); }));
    EXPECT_GT(::waitpid(-1, nullptr, 0), 0) << "it was killed";
    EXPECT_FALSE(is_there(mark));
}

/// Looks, when it is told of a process, whether that has begun.
class LookingLedger final : public Ledger {
public:
    explicit LookingLedger(std::filesystem::path mark) : mark_(std::move(mark)) {}
    Status tell(const MachineChange& /*change*/) override {
        ::usleep(50'000);
        begun = is_there(mark_);
        return {};
    }
    void seal() override {}
    bool begun = true;

private:
    std::filesystem::path mark_;
};

TEST(StartChild, ItDoesNotBeginBeforeItIsTold) {
    FakeMachine machine;
    const auto mark = machine.tree.at("mark");
    LookingLedger ledger(mark);
    const auto pid = start_child(ledger, "blkhang-test", [&] { ::_exit(write_file(mark, "worked") ? 0 : 1); });
    ASSERT_TRUE(pid);
    EXPECT_FALSE(ledger.begun);
    EXPECT_EQ(end_of(*pid), 0);
    EXPECT_TRUE(is_there(mark));
}

}  // namespace
}  // namespace blkhang
