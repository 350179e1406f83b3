// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <set>

#include "base/signals.h"
#include "matrix/outcome.h"
#include "matrix/testing/fake_executor.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Cell> cells(int count) {
    std::vector<Cell> all(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].id = std::to_string(i);
    }
    return all;
}

class SchedulerTest : public testing::Test {
protected:
    void run(const std::vector<Cell>& all, const CellPace& pace,
             std::chrono::milliseconds limit = std::chrono::seconds(30)) {
        run_cells(all, pace, executor_,
                  [&](const Cell& cell) -> Result<CellPlan> {
                      if (cell.id == without_plan_) {
                          return fail(Fault::broken, "disk full");
                      }
                      return CellPlan{{cell.id, Fd()}, limit};
                  },
                  {[&](const Cell& cell) {
                       now_.insert(cell.id);
                       most_ = std::max(most_, now_.size());
                   },
                   [&](const Cell& cell, const CellExit& exit) {
                       now_.erase(cell.id);
                       EXPECT_TRUE(exits_.emplace(cell.id, exit).second) << "cell " << cell.id << " ended twice";
                   },
                   [] {}});
        EXPECT_EQ(executor_.running(), 0U) << "none is left behind";
    }

    FakeExecutor executor_;
    std::string without_plan_;
    std::set<std::string> now_;
    std::size_t most_ = 0;
    std::map<std::string, CellExit> exits_;
};

TEST_F(SchedulerTest, RunsEveryCellOnceAndNoMoreThanJobsAtOnce) {
    for (int i = 0; i < 6; ++i) {
        executor_.scripts[std::to_string(i)] = {.code = i};
    }
    run(cells(6), {.jobs = 2});
    EXPECT_EQ(most_, 2U);
    ASSERT_EQ(exits_.size(), 6U);
    for (const auto& [id, exit] : exits_) {
        EXPECT_EQ(exit.how, CellExit::How::ended);
        EXPECT_EQ(std::to_string(exit.code), id);
    }
}

TEST_F(SchedulerTest, OneThatDoesNotStartLeavesTheOthersAlone) {
    executor_.scripts["1"] = {.refusal = "no node is free"};
    without_plan_ = "2";
    run(cells(4), {});
    EXPECT_EQ(exits_.at("0").how, CellExit::How::ended);
    EXPECT_EQ(exits_.at("1").how, CellExit::How::not_started);
    EXPECT_EQ(exits_.at("1").detail, "no node is free");
    EXPECT_EQ(exits_.at("2").how, CellExit::How::not_started);
    EXPECT_EQ(exits_.at("2").detail, "disk full");
    EXPECT_EQ(exits_.at("3").how, CellExit::How::ended);
}

TEST_F(SchedulerTest, OneThatOutlivesItsDeadlineIsToldToEnd) {
    executor_.scripts["0"] = {.code = {}, .code_if_asked = 7};
    run(cells(2), {.jobs = 2}, std::chrono::milliseconds(120));
    EXPECT_EQ(exits_.at("0").how, CellExit::How::overdue);
    EXPECT_EQ(exits_.at("0").code, 7) << "it had time to end in good order";
    EXPECT_GE(exits_.at("0").seconds, 0.1);
    EXPECT_EQ(exits_.at("1").how, CellExit::How::ended);
    EXPECT_THAT(executor_.calls, ElementsAre("submit 0", "submit 1", "ask 0"));
}

TEST_F(SchedulerTest, OneThatDoesNotListenIsKilledOnceItsGraceIsOver) {
    executor_.scripts["0"] = {.code = {}};
    run(cells(2), {.jobs = 1, .grace = std::chrono::milliseconds(60)}, std::chrono::milliseconds(60));
    EXPECT_EQ(exits_.at("0").how, CellExit::How::overdue);
    EXPECT_EQ(exits_.at("1").how, CellExit::How::ended) << "the next has its turn";
    EXPECT_THAT(executor_.calls, ElementsAre("submit 0", "ask 0", "kill 0", "submit 1"));
}

TEST_F(SchedulerTest, AnInterruptTellsAllToEndAndStartsNoMore) {
    executor_.scripts["0"] = {.code = {}, .code_if_asked = 143};
    executor_.scripts["1"] = {.code = {}, .code_if_asked = 143, .work = [](const auto&) { ::raise(SIGINT); }};
    // In a process of its own: an interrupt is for good.
    EXPECT_EXIT(
        {
            catch_interrupts();
            run(cells(4), {.jobs = 2});
            const bool good = exits_.size() == 2 && exits_.at("0").how == CellExit::How::interrupted &&
                              exits_.at("1").how == CellExit::How::interrupted && executor_.running() == 0;
            std::_Exit(good ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

TEST(Explain, SaysWhyThereIsNoRecord) {
    EXPECT_THAT(explain({CellExit::How::overdue, 0, "", 12.3}, "x"), HasSubstr("12 s, the cell's deadline"));
    EXPECT_THAT(explain({CellExit::How::not_started, 0, "no fork", 0}, ""), HasSubstr("no fork"));
    EXPECT_EQ(explain({CellExit::How::ended, 5, "", 1}, "a\nblkhang: disk full\n\n"), "blkhang: disk full");
    EXPECT_THAT(explain({CellExit::How::ended, 139, "", 1}, ""), HasSubstr("status 139"));
}

}  // namespace
}  // namespace blkhang
