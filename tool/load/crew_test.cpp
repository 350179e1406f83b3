// SPDX-License-Identifier: GPL-2.0-only
#include "load/crew.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "stage/testing/fake_guest.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CrewTest : public testing::Test {
protected:
    CrewTest() {
        machine_.tree.disk("vdc", "254:32");
        machine_.tree.put("sys/knob", "1\n");
        profile_.churn.workers = 0;
        profile_.percpu.churners = 0;
        profile_.swap.spare = 1;
        profile_.writers.mode = WriteMode::buffered;
        tree_ = std::make_unique<CgroupTree>(
            CgroupTree::open(machine_.ledger, machine_.cgroups, CgroupVersion::v2, "blkhang").value());
        machine_.ledger.journal.clear();
        site_ = std::make_unique<LoadSite>(find_load_site(profile_, machine_.site, *tree_).value());
    }
    ~CrewTest() override {
        for (const auto& process : machine_.ledger.all<change::Process>()) {
            ::kill(process.pid, SIGKILL);
            ::waitpid(process.pid, nullptr, 0);
        }
    }
    Result<Crew> muster() { return Crew::muster(profile_, *site_, *counters_, {}); }
    Trigger& add_trigger(TriggerDisk disk) {
        profile_.triggers.push_back({.name = "t", .disk = disk, .file = "/sys/knob", .values = {"2", "3"}});
        profile_.triggers.back().every = std::chrono::milliseconds(1);
        return profile_.triggers.back();
    }
    /// Until it is so, or for long.
    template <class Condition>
    static bool comes_true(Condition condition) {
        for (const auto deadline = Deadline::after(std::chrono::seconds(20)); !deadline.passed();) {
            if (condition()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }

    FakeGuest machine_;
    Profile profile_;
    std::unique_ptr<CgroupTree> tree_;
    std::unique_ptr<LoadSite> site_;
    SharedCounters counters_ = std::move(SharedCounters::make().value());
};

TEST_F(CrewTest, AllIsToldAndInPlaceBeforeTheLoadBegins) {
    profile_.writers.count = 2;
    add_trigger(TriggerDisk::fresh);
    auto crew = muster();
    ASSERT_TRUE(crew);
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told swap vdc", "told knob knob", "told process blkhang-trigger",
                                                     "make group blkhang/writer0", "told process blkhang-writer",
                                                     "move into group blkhang/writer0", "make group blkhang/writer1",
                                                     "told process blkhang-writer", "move into group blkhang/writer1"));
    EXPECT_EQ(crew->pids().size(), 3U);
    EXPECT_EQ(machine_.tree.get("dev/vda").find('Z'), std::string::npos) << "nobody writes yet";
    EXPECT_EQ(counters_->triggers.at(0).attempts, 0U);
}

TEST_F(CrewTest, WritersWriteFromTheGoUntilTheyAreDismissed) {
    profile_.writers.count = 1;
    auto crew = muster();
    ASSERT_TRUE(crew);
    crew->start();
    EXPECT_TRUE(comes_true([&] { return counters_->writer_ios > 2; }));
    EXPECT_NE(machine_.tree.get("dev/vda").find('Z'), std::string::npos);
    EXPECT_FALSE(crew->is_gone());
    crew->dismiss();
    EXPECT_TRUE(comes_true([&] { return crew->is_gone(); }));
    int status = 0;
    EXPECT_EQ(::waitpid(crew->pids().front(), &status, 0), crew->pids().front());
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    machine_.ledger.told.clear();
}

TEST_F(CrewTest, ATriggerOfTheStageIsNobodysWork) {
    add_trigger(TriggerDisk::data).phase = TriggerPhase::stage;
    const auto crew = muster();
    ASSERT_TRUE(crew);
    EXPECT_THAT(crew->pids(), IsEmpty());
}

TEST_F(CrewTest, AFreshDiskIsSwappedToAndThenWritten) {
    add_trigger(TriggerDisk::fresh);
    auto crew = muster();
    ASSERT_TRUE(crew);
    crew->start();
    EXPECT_TRUE(comes_true([&] { return counters_->triggers.at(0).successes == 1; }));
    EXPECT_EQ(machine_.tree.get("sys/knob"), "2\n");
}

TEST_F(CrewTest, AFreshDiskThatIsNotTakenIsAFailureAndNotWritten) {
    machine_.calls.fails["swap on vdc"] = EPERM;
    add_trigger(TriggerDisk::fresh);
    auto crew = muster();
    ASSERT_TRUE(crew);
    crew->start();
    EXPECT_TRUE(comes_true([&] { return counters_->triggers.at(0).failures == 1; }));
    EXPECT_EQ(counters_->triggers.at(0).last_errno, EPERM);
    EXPECT_EQ(counters_->triggers.at(0).attempts, 1U) << "one that has ended";
    EXPECT_EQ(counters_->triggers.at(0).at_most, 1U) << "there is one fresh disk";
    EXPECT_EQ(machine_.tree.get("sys/knob"), "1\n");
}

TEST_F(CrewTest, WithoutTheLedgerThereIsNoCrew) {
    add_trigger(TriggerDisk::swap);
    machine_.ledger.refuses_at = machine_.ledger.told.size();
    const auto refused = muster();
    ASSERT_FALSE(refused);
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(CrewTest, ACgroupThatCannotBeMadeIsTheEndOfIt) {
    profile_.writers.count = 2;
    machine_.cgroups.fails.insert("make group blkhang/writer1");
    const auto failed = muster();
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("cannot make group blkhang/writer1"));
}

}  // namespace
}  // namespace blkhang
