// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "matrix/outcome.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

std::vector<Cell> cells(int count) {
    std::vector<Cell> all(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].id = std::to_string(i);
    }
    return all;
}

/// Cells whose process is a shell command.
class SchedulerTest : public testing::Test {
protected:
    void run(const std::vector<Cell>& all, std::uint32_t jobs, const std::map<std::string, std::string>& commands,
             std::chrono::seconds limit = std::chrono::seconds(30)) {
        run_cells(all, jobs,
                  {[&](const Cell& cell) -> Result<Child> {
                       const auto& command = commands.at(cell.id);
                       if (command.empty()) {
                           return fail(Fault::broken, "no such engine");
                       }
                       return Child::spawn({"/bin/sh", "-c", command}, {});
                   },
                   [&](const Cell&) { return limit; }},
                  {[&](const Cell& cell) {
                       now_.insert(cell.id);
                       most_ = std::max(most_, now_.size());
                   },
                   [&](const Cell& cell, const CellExit& exit) {
                       now_.erase(cell.id);
                       EXPECT_TRUE(exits_.emplace(cell.id, exit).second) << "cell " << cell.id << " ended twice";
                   },
                   [] {}});
    }

    std::set<std::string> now_;
    std::size_t most_ = 0;
    std::map<std::string, CellExit> exits_;
};

TEST_F(SchedulerTest, RunsEveryCellOnceAndNoMoreThanJobsAtOnce) {
    std::map<std::string, std::string> commands;
    for (int i = 0; i < 6; ++i) {
        commands[std::to_string(i)] = "sleep 0.1; exit " + std::to_string(i);
    }
    run(cells(6), 2, commands);
    EXPECT_EQ(most_, 2U);
    ASSERT_EQ(exits_.size(), 6U);
    for (const auto& [id, exit] : exits_) {
        EXPECT_EQ(exit.how, CellExit::How::ended);
        EXPECT_EQ(std::to_string(exit.code), id);
        EXPECT_GE(exit.seconds, 0.1);
    }
}

TEST_F(SchedulerTest, OneThatDoesNotStartLeavesTheOthersAlone) {
    run(cells(3), 1, {{"0", "exit 0"}, {"1", ""}, {"2", "exit 0"}});
    EXPECT_EQ(exits_.at("0").how, CellExit::How::ended);
    EXPECT_EQ(exits_.at("1").how, CellExit::How::not_started);
    EXPECT_EQ(exits_.at("2").how, CellExit::How::ended);
}

TEST_F(SchedulerTest, OneThatOutlivesItsDeadlineIsToldToEnd) {
    run(cells(2), 2, {{"0", "trap 'exit 7' TERM; while :; do sleep 0.05; done"}, {"1", "exit 0"}},
        std::chrono::seconds(1));
    EXPECT_EQ(exits_.at("0").how, CellExit::How::overdue);
    EXPECT_EQ(exits_.at("0").code, 7) << "it had time to end in good order";
    EXPECT_LT(exits_.at("0").seconds, 10);
    EXPECT_EQ(exits_.at("1").how, CellExit::How::ended);
}

TEST(Explain, SaysWhyThereIsNoRecord) {
    EXPECT_THAT(explain({CellExit::How::overdue, 0, "", 12.3}, "x"), HasSubstr("12 s, the cell's deadline"));
    EXPECT_THAT(explain({CellExit::How::not_started, 0, "no fork", 0}, ""), HasSubstr("no fork"));
    EXPECT_EQ(explain({CellExit::How::ended, 5, "", 1}, "a\nblkhang: disk full\n\n"), "blkhang: disk full");
    EXPECT_THAT(explain({CellExit::How::ended, 139, "", 1}, ""), HasSubstr("status 139"));
}

}  // namespace
}  // namespace blkhang
