// SPDX-License-Identifier: GPL-2.0-only
#include "stage/loop_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "base/file.h"
#include "stage/testing/fake_machine.h"
#include "stage/undo_step.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kLoopSize = std::uint64_t{3} << 20U;

class LoopDisk : public testing::Test {
protected:
    LoopDisk() {
        machine_.tree.put("dev/loop-control", "");
        machine_.tree.put("dev/loop3", "");
        machine_.tree.put("sys/module/loop/refcnt", "0");
        machine_.calls.free_loop = 3;
    }
    [[nodiscard]] Result<std::filesystem::path> make(const std::filesystem::path& file) {
        return make_loop_disk(machine_.staging, file, kLoopSize);
    }
    FakeMachine machine_;
    int tries_ = 0;
};

TEST_F(LoopDisk, HasRoomAndIsToldBeforeItIsMade) {
    const auto disk = make(machine_.tree.at("swap0"));
    ASSERT_TRUE(disk) << disk.error().message();
    EXPECT_EQ(*disk, machine_.tree.at("dev/loop3"));
    struct stat found {};
    ASSERT_EQ(::stat(machine_.tree.at("swap0").c_str(), &found), 0);
    EXPECT_EQ(static_cast<std::uint64_t>(found.st_size), kLoopSize);
    EXPECT_GE(static_cast<std::uint64_t>(found.st_blocks) * 512, kLoopSize) << "not a hole";
    EXPECT_EQ(read_file(machine_.tree.at("swap0")).value(), std::string(kLoopSize, '\0')) << "written, not set aside";
    EXPECT_EQ(found.st_mode & 07777U, 0600U);
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("told file swap0", "find a loop disk", "told loop disk loop3", "attach swap0"));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_EQ(machine_.ledger.all<change::LoopDisk>().at(0).file, machine_.tree.at("swap0"));
    EXPECT_EQ(machine_.ledger.all<change::LoopDisk>().at(0).identity, machine_.tree.identity("swap0"));
    EXPECT_EQ(machine_.ledger.all<change::File>().at(0).inode, found.st_ino);
}

/// Between the look whether there is one and the making of ours.
TEST_F(LoopDisk, AFileThatOthersMakeMeanwhileIsNotTakenForOurs) {
    class Late final : public Ledger {
    public:
        explicit Late(const FakeTree& tree) : tree_(tree) {}
        Status tell(const MachineChange& change) override {
            tree_.put("swap0", "theirs");
            told.push_back(change);
            return {};
        }
        void seal() override {}
        std::vector<MachineChange> told;

    private:
        const FakeTree& tree_;
    };
    Late ledger(machine_.tree);
    const auto made =
        make_loop_disk({machine_.tree.roots(), ledger, machine_.calls}, machine_.tree.at("swap0"), kLoopSize);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().fault(), Fault::usage);
    ASSERT_EQ(ledger.told.size(), 1U);
    EXPECT_FALSE(stands({machine_.tree.roots(), machine_.calls}, ledger.told.at(0)).value());
    EXPECT_EQ(machine_.tree.get("swap0"), "theirs");
}

TEST_F(LoopDisk, WhatCannotBeSetAsideLeavesNoFile) {
    const auto made = make_loop_disk(machine_.staging, machine_.tree.at("swap0"), std::uint64_t{1} << 62U);
    ASSERT_FALSE(made);
    EXPECT_THAT(machine_.ledger.told, IsEmpty());
    EXPECT_FALSE(is_there(machine_.tree.at("swap0")));
}

TEST_F(LoopDisk, AFileOfOthersIsNeitherTakenNorTold) {
    machine_.tree.put("swap0", "theirs");
    machine_.tree.link("link", "nowhere");
    EXPECT_FALSE(make(machine_.tree.at("swap0")));
    EXPECT_FALSE(make(machine_.tree.at("link")));
    EXPECT_EQ(machine_.tree.get("swap0"), "theirs");
    EXPECT_THAT(machine_.ledger.all<change::LoopDisk>(), IsEmpty());
    EXPECT_THAT(machine_.ledger.told, IsEmpty());
}

TEST_F(LoopDisk, IsToldWithoutLinksOnTheWay) {
    machine_.tree.put("real/other", "");
    machine_.tree.link("link", machine_.tree.at("real"));
    ASSERT_TRUE(make(machine_.tree.at("link/swap0")));
    EXPECT_EQ(machine_.ledger.all<change::File>().at(0).path, machine_.tree.at("real/swap0"));
}

TEST_F(LoopDisk, TheModuleThatItLoadsIsTold) {
    std::filesystem::remove_all(machine_.tree.at("sys/module/loop"));
    ASSERT_TRUE(make(machine_.tree.at("swap0")));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told file swap0", "told module loop", "find a loop disk",
                                                     "told loop disk loop3", "attach swap0"));
}

TEST_F(LoopDisk, WithoutTheDriverThereIsNone) {
    std::filesystem::remove(machine_.tree.at("dev/loop-control"));
    const auto disk = make(machine_.tree.at("swap0"));
    ASSERT_FALSE(disk);
    EXPECT_EQ(disk.error().fault(), Fault::unsupported);
    EXPECT_THAT(disk.error().message(), HasSubstr("CONFIG_BLK_DEV_LOOP"));
}

TEST_F(LoopDisk, ADeviceThatOthersTookMeanwhileIsLeftToThem) {
    machine_.calls.fails["attach swap0"] = EBUSY;
    machine_.calls.brings["find a loop disk"] = [this] {
        if (++tries_ == 3) {
            machine_.calls.fails.clear();
        }
    };
    EXPECT_TRUE(make(machine_.tree.at("swap0")));
    EXPECT_EQ(machine_.ledger.all<change::LoopDisk>().size(), 3U) << "each is undone only if it is backed by the file";
}

TEST_F(LoopDisk, WhatDoesNotAttachIsAnError) {
    machine_.calls.fails["attach swap0"] = EINVAL;
    const auto disk = make(machine_.tree.at("swap0"));
    ASSERT_FALSE(disk);
    EXPECT_THAT(disk.error().message(), HasSubstr("Invalid argument"));
}

TEST_F(LoopDisk, WithoutTheLedgerNothingIsMade) {
    machine_.ledger.refuses_at = 0;
    EXPECT_FALSE(make(machine_.tree.at("swap0")));
    EXPECT_FALSE(is_there(machine_.tree.at("swap0")));
}

}  // namespace
}  // namespace blkhang
