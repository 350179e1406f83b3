// SPDX-License-Identifier: GPL-2.0-only
#include "stage/kept_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "stage/testing/every_change.h"
#include "stage/testing/fake_tree.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kThisBoot = "0f0e0d0c-0b0a-0908-0706-050403020100";

class KeptLedgerFile : public testing::Test {
protected:
    KeptLedgerFile() { tree_.put("proc/sys/kernel/random/boot_id", std::string(kThisBoot) + "\n"); }
    [[nodiscard]] std::filesystem::path where() const { return tree_.at("var/lib/blkhang"); }
    [[nodiscard]] Result<std::unique_ptr<KeptLedger>> begin() const {
        return KeptLedger::begin(tree_.roots(), where());
    }
    [[nodiscard]] LedgerContent read_back() const {
        const auto directory = open_ledger_directory(where()).value();
        return read_ledger(directory, ledger_names(directory).value().at(0)).value();
    }
    /// What a run that was killed has left, changed by a test.
    void damage(const std::function<void(std::string& text)>& change) const {
        const auto path = where() / read_back().name;
        auto text = read_file(path).value();
        change(text);
        ASSERT_TRUE(write_file(path, text));
    }
    /// A run that tells this, and is gone.
    void leave(const std::vector<MachineChange>& changes) const {
        const auto ledger = begin();
        ASSERT_TRUE(ledger) << ledger.error().message();
        for (const auto& change : changes) {
            ASSERT_TRUE((*ledger)->tell(change));
        }
    }
    FakeTree tree_;
};

const std::vector<MachineChange> kThree{change::Swap{"/dev/a"}, change::Swap{"/dev/b"}, change::Swap{"/dev/c"}};

TEST_F(KeptLedgerFile, HoldsAllThatWasToldWhenTheRunIsGone) {
    const auto all = every_change("/");
    leave(all);
    const auto left = read_back();
    EXPECT_EQ(left.changes, all);
    EXPECT_THAT(left.damage, IsEmpty());
    EXPECT_EQ(left.head.boot, kThisBoot);
    EXPECT_EQ(left.head.pid, ::getpid());
    EXPECT_THAT(left.head.started, HasSubstr("T"));
}

TEST_F(KeptLedgerFile, IsForItsOwnerAlone) {
    leave({});
    struct stat found {};
    ASSERT_EQ(::stat(where().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777U, 0700U);
    ASSERT_EQ(::stat((where() / read_back().name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777U, 0600U);
}

TEST_F(KeptLedgerFile, IsOnTheDiskLineByLineAsItIsTold) {
    const auto ledger = begin();
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->tell(change::Swap{"/dev/vdb"}));
    EXPECT_THAT(read_file((*ledger)->path()).value(),
                HasSubstr(R"( 1 {"kind":"swap","disk":"/dev/vdb","diskseq":null})"));
    EXPECT_THAT((*ledger)->changes(), ElementsAre(MachineChange(change::Swap{"/dev/vdb"})));
}

TEST_F(KeptLedgerFile, TakesNothingMoreOnceTheLoadBegins) {
    const auto ledger = begin();
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->tell(change::Swap{"/dev/vdb"}));
    (*ledger)->seal();
    const auto told = (*ledger)->tell(change::Swap{"/dev/vdc"});
    ASSERT_FALSE(told);
    EXPECT_THAT(told.error().message(), HasSubstr("load has begun"));
    EXPECT_THAT(read_back().changes, SizeIs(1));
}

TEST_F(KeptLedgerFile, RefusesWhatItCouldNotGiveBack) {
    const auto ledger = begin();
    ASSERT_TRUE(ledger);
    EXPECT_FALSE((*ledger)->tell(change::File{"relative"}));
    EXPECT_TRUE((*ledger)->tell(change::File{"/absolute"}));
    EXPECT_THAT(read_back().changes, ElementsAre(MachineChange(change::File{"/absolute"})));
}

TEST_F(KeptLedgerFile, IsGoneWhenAllIsUndone) {
    const auto ledger = begin();
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->tell(change::Swap{"/dev/vdb"}));
    ASSERT_TRUE((*ledger)->finish());
    EXPECT_FALSE(is_there((*ledger)->path()));
    EXPECT_TRUE(begin()) << "the next run may begin";
}

TEST_F(KeptLedgerFile, WhatAnotherRunLeftHasToBeCleanedUpFirst) {
    leave(kThree);
    const auto next = begin();
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().fault(), Fault::usage);
    EXPECT_THAT(next.error().message(), HasSubstr("blkhang cleanup"));
}

TEST_F(KeptLedgerFile, TwoRunsAtOnceAreRefusedAndADeadOneHoldsNothing) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t first = ::fork();
    if (first == 0) {
        const auto directory = open_ledger_directory(where());
        const auto lock = LedgerLock::take(*directory);
        const pid_t stuck = ::fork();  // one that outlives it
        if (stuck == 0) {
            ::alarm(20);
            ::pause();
        }
        const std::string told = lock ? std::to_string(stuck) : "failed";
        static_cast<void>(::write(ready[1], told.data(), told.size()));
        ::pause();
        ::_exit(0);
    }
    char text[16] = {};
    ASSERT_GT(::read(ready[0], text, sizeof text - 1), 0);
    ASSERT_NE(std::string(text), "failed");
    const auto refused = begin();
    EXPECT_FALSE(refused);
    EXPECT_THAT(refused ? "" : refused.error().message(), HasSubstr("process " + std::to_string(first)));
    ::kill(first, SIGKILL);
    ::waitpid(first, nullptr, 0);
    EXPECT_TRUE(begin()) << "though a child of it lives";
    ::kill(std::stoi(text), SIGKILL);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(KeptLedgerFile, ADirectoryThatOthersCanWriteToIsRefused) {
    std::filesystem::create_directories(where());
    ASSERT_EQ(::chmod(where().c_str(), 0777), 0);
    const auto ledger = begin();
    ASSERT_FALSE(ledger);
    EXPECT_THAT(ledger.error().message(), HasSubstr("others can write"));
}

TEST_F(KeptLedgerFile, ALineThatIsTornIsNotThere) {
    for (const std::size_t cut : {1U, 2U, 20U}) {
        leave(kThree);
        damage([&](std::string& text) { text.resize(text.size() - cut); });
        EXPECT_THAT(read_back().changes, ElementsAre(kThree[0], kThree[1])) << cut;
        EXPECT_THAT(read_back().damage, IsEmpty()) << cut;
        std::filesystem::remove_all(where());
    }
    leave(kThree);
    damage([&](std::string& text) { text.replace(text.size() - 10, 9, 9, '\0'); });
    EXPECT_THAT(read_back().changes, ElementsAre(kThree[0], kThree[1])) << "blocks that were never written";
}

TEST_F(KeptLedgerFile, ADamagedLineIsToldAndTheOthersCount) {
    leave(kThree);
    damage([](std::string& text) { text[text.find("/dev/b")] = 'X'; });
    EXPECT_THAT(read_back().changes, ElementsAre(kThree[0], kThree[2]));
    EXPECT_THAT(read_back().damage, ElementsAre(HasSubstr("line 3")));
}

TEST_F(KeptLedgerFile, ALineThatIsLackingIsTold) {
    leave(kThree);
    damage([](std::string& text) {
        const auto begin = text.rfind('\n', text.find("/dev/b")) + 1;
        text.erase(begin, text.find('\n', begin) + 1 - begin);
    });
    EXPECT_THAT(read_back().changes, ElementsAre(kThree[0], kThree[2]));
    EXPECT_THAT(read_back().damage, ElementsAre(HasSubstr("lacking")));
}

TEST_F(KeptLedgerFile, WithoutItsFirstLineTheBootIsUnknown) {
    leave(kThree);
    damage([](std::string& text) { text[3] = 'X'; });
    const auto left = read_back();
    EXPECT_EQ(left.head.boot, "");
    EXPECT_THAT(left.changes, SizeIs(3));
    EXPECT_THAT(left.damage, SizeIs(2));
}

TEST_F(KeptLedgerFile, OneThatWasJustBegunIsEmpty) {
    leave({});
    damage([](std::string& text) { text.resize(text.size() / 2); });
    const auto left = read_back();
    EXPECT_THAT(left.changes, IsEmpty());
    EXPECT_THAT(left.damage, IsEmpty());
}

TEST_F(KeptLedgerFile, WhereThereIsNoRoomNothingMayBeChanged) {
    const auto ledger = begin();
    ASSERT_TRUE(ledger);
    const auto size = std::filesystem::file_size((*ledger)->path());
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small { size + 10, before.rlim_max };
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto told = (*ledger)->tell(change::Swap{"/dev/vdb"});
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(told);
    EXPECT_EQ(std::filesystem::file_size((*ledger)->path()), size) << "what was written of it is taken back";
    EXPECT_TRUE((*ledger)->tell(change::Swap{"/dev/vdc"}));
    EXPECT_THAT(read_back().changes, ElementsAre(MachineChange(change::Swap{"/dev/vdc"})));
}

}  // namespace
}  // namespace blkhang
