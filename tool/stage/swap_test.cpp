// SPDX-License-Identifier: GPL-2.0-only
#include "stage/swap.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cerrno>
#include <functional>

#include "base/fd.h"
#include "machine/device_header.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kPage = 4096;

class Swap : public testing::Test {
protected:
    Swap() {
        machine_.tree.disk("vdb", "254:16", 5);
        machine_.tree.disk("vdc", "254:32");
    }
    [[nodiscard]] Disk disk(const std::string& name) const { return find_disk(machine_.tree.roots(), name).value(); }
    [[nodiscard]] bool has_header(const std::string& name) const {
        return machine_.tree.get("dev/" + name).substr(kPage - 10, 10) == "SWAPSPACE2";
    }
    FakeMachine machine_;
};

TEST_F(Swap, AHeaderSaysHowLargeTheDiskIsAndTheOldPageIsKept) {
    ASSERT_TRUE(make_swap(machine_.staging, disk("vdb")));
    const auto content = machine_.tree.get("dev/vdb");
    EXPECT_TRUE(has_header("vdb"));
    EXPECT_EQ(content.substr(1024, 8), std::string("\1\0\0\0\4\0\0\0", 8)) << "version 1, the last page is page 4";
    EXPECT_EQ(content.substr(kPage), std::string(4 * kPage, 'x'));
    const auto told = machine_.ledger.all<change::SwapHeader>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].disk, disk("vdb").path);
    EXPECT_EQ(told[0].old_page, std::string(kPage, 'x'));
    EXPECT_TRUE(has_swap_uuid(content.substr(0, kPage), told[0].uuid));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
}

TEST_F(Swap, PagesInTheMarginsAreNotSwappedTo) {
    machine_.tree.disk("vdb", "254:16", 9);
    auto vdb = disk("vdb");
    vdb.margin = 3 * kPage;
    ASSERT_TRUE(make_swap(machine_.staging, vdb));
    const auto content = machine_.tree.get("dev/vdb");
    EXPECT_EQ(content.substr(1024, 12), std::string("\1\0\0\0\5\0\0\0\2\0\0\0", 12))
        << "the last page is page 5, two are bad";
    EXPECT_EQ(content.substr(1536, 12), std::string("\1\0\0\0\2\0\0\0\0\0\0\0", 12)) << "pages 1 and 2";
}

TEST_F(Swap, ADiskThatHasNoRoomBetweenItsMarginsIsLeftAlone) {
    auto vdb = disk("vdb");
    vdb.margin = 2 * kPage;
    EXPECT_FALSE(make_swap(machine_.staging, vdb));
    EXPECT_THAT(machine_.ledger.told, IsEmpty());
}

TEST_F(Swap, WhatGotTheNameOfAPreparedDiskIsLeftAlone) {
    auto vdb = disk("vdb");
    vdb.prepared = true;
    const auto before = machine_.tree.get("dev/vdb");
    EXPECT_FALSE(make_swap(machine_.staging, vdb)) << "no header";
    EXPECT_EQ(machine_.tree.get("dev/vdb"), before);
    const auto carry = [&](DevicePurpose purpose, std::uint64_t size) {
        const auto page = encode(DeviceHeader{purpose, size, {}});
        machine_.tree.put("dev/vdb", page + before.substr(page.size()));
        return machine_.tree.get("dev/vdb");
    };
    const auto evidence = carry(DevicePurpose::journal, before.size());
    EXPECT_FALSE(make_swap(machine_.staging, vdb)) << "for something else";
    EXPECT_EQ(machine_.tree.get("dev/vdb"), evidence);
    carry(DevicePurpose::load, before.size() / 2);
    EXPECT_FALSE(make_swap(machine_.staging, vdb)) << "of another disk";
    EXPECT_THAT(machine_.ledger.told, IsEmpty());

    const auto ours = carry(DevicePurpose::load, before.size());
    const auto made = make_swap(machine_.staging, vdb);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_TRUE(has_header("vdb"));
    EXPECT_EQ(machine_.ledger.all<change::SwapHeader>().at(0).old_page, ours.substr(0, kPage));
}

TEST_F(Swap, EachAreaIsKnownAgainByItsUuid) {
    ASSERT_TRUE(make_swap(machine_.staging, disk("vdb")));
    ASSERT_TRUE(make_swap(machine_.staging, disk("vdc")));
    const auto told = machine_.ledger.all<change::SwapHeader>();
    EXPECT_EQ(told.at(0).uuid.size(), 16U);
    EXPECT_NE(told.at(0).uuid, told.at(1).uuid);
    const auto page = machine_.tree.get("dev/vdc").substr(0, kPage);
    EXPECT_TRUE(has_swap_uuid(page, told.at(1).uuid));
    EXPECT_FALSE(has_swap_uuid(page, told.at(0).uuid));
    EXPECT_EQ(machine_.tree.get("dev/vdb").substr(1024 + 12 + 16, kSwapLabel.size()), kSwapLabel);
    EXPECT_FALSE(has_swap_uuid(std::string(kPage, '\0'), "")) << "no UUID is none";
    EXPECT_FALSE(has_swap_uuid("short", told.at(1).uuid));
}

/// As when the power goes: what lies further behind cannot be written.
TEST_F(Swap, APageThatIsWrittenInPartIsKnownByItsUuidFirstAndLast) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto cut_off = [&](const std::function<void()>& work) {
        const rlimit behind_the_uuid{1536, before.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &behind_the_uuid), 0);
        work();
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    };
    const auto is_ours = [&] {
        return has_swap_uuid(machine_.tree.get("dev/vdb").substr(0, kPage),
                             machine_.ledger.all<change::SwapHeader>().at(0).uuid);
    };
    cut_off([&] { EXPECT_FALSE(make_swap(machine_.staging, disk("vdb"))); });
    EXPECT_FALSE(has_header("vdb"));
    EXPECT_TRUE(is_ours());

    const auto old_page = machine_.ledger.all<change::SwapHeader>().at(0).old_page;
    const Fd open{::open(disk("vdb").path.c_str(), O_RDWR | O_CLOEXEC)};
    cut_off([&] { EXPECT_FALSE(give_back_page(open.get(), old_page)); });
    EXPECT_TRUE(is_ours()) << "it is tried again";
    EXPECT_TRUE(give_back_page(open.get(), old_page));
    EXPECT_FALSE(is_ours());
    EXPECT_EQ(machine_.tree.get("dev/vdb").substr(0, kPage), old_page);
}

TEST_F(Swap, ADiskThatIsTooSmallIsLeftAlone) {
    machine_.tree.put("dev/vdb", "tiny");
    EXPECT_FALSE(make_swap(machine_.staging, disk("vdb")));
    EXPECT_EQ(machine_.tree.get("dev/vdb"), "tiny");
    EXPECT_THAT(machine_.ledger.told, IsEmpty());
}

TEST_F(Swap, AllIsToldInTheOrderInWhichItIsDone) {
    ASSERT_TRUE(prepare_swap(machine_.staging, {disk("vdb")}, {disk("vdc")}, 200));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told swap header vdc", "told swap header vdb", "told swap vdb",
                                                     "swap on vdb", "told knob swappiness"));
    EXPECT_THAT(machine_.ledger.too_late, IsEmpty());
    EXPECT_THAT(machine_.calls.priorities, ElementsAre(kOrdinarySwapPriority));
    EXPECT_TRUE(has_header("vdc")) << "to be swapped to later";
    EXPECT_EQ(machine_.tree.get("proc/sys/vm/swappiness").substr(0, 3), "200");
    EXPECT_EQ(machine_.ledger.all<change::Knob>().at(0).old_value, "60");
}

/// Whichever entry it is that the ledger does not take, that change and those after it are not made.
TEST_F(Swap, WithoutTheLedgerNothingHappens) {
    for (std::size_t full = 0; full < 4; ++full) {
        FakeMachine machine;
        machine.tree.disk("vdb", "254:16");
        machine.tree.disk("vdc", "254:32");
        machine.ledger.refuses_at = full;
        const auto at = [&](const char* name) { return find_disk(machine.tree.roots(), name).value(); };
        EXPECT_FALSE(prepare_swap(machine.staging, {at("vdb")}, {at("vdc")}, 200));
        EXPECT_EQ(machine.tree.get("dev/vdc").front() == 'x', full < 1) << full;
        EXPECT_EQ(machine.tree.get("dev/vdb").front() == 'x', full < 2) << full;
        EXPECT_EQ(machine.calls.priorities.empty(), full < 3) << full;
        EXPECT_EQ(machine.tree.get("proc/sys/vm/swappiness"), "60\n");
    }
}

TEST_F(Swap, AKernelThatDoesNotTakeTheDiskSaysWhy) {
    machine_.calls.fails["swap on vdb"] = EINVAL;
    const auto failed = prepare_swap(machine_.staging, {disk("vdb")}, {}, 200);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("swapping to " + disk("vdb").path.string()));
    EXPECT_THAT(failed.error().message(), HasSubstr("Invalid argument"));
    EXPECT_EQ(machine_.tree.get("proc/sys/vm/swappiness"), "60\n");
}

TEST_F(Swap, AFailedKnobIsNamed) {
    std::filesystem::remove(machine_.tree.at("proc/sys/vm/swappiness"));
    const auto failed = prepare_swap(machine_.staging, {disk("vdb")}, {}, 200);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("vm/swappiness: No such file"));
}

TEST_F(Swap, UnderLoadNothingIsToldAnyMore) {
    ASSERT_TRUE(tell_of_swapping(machine_.staging, disk("vdb").path));
    machine_.ledger.refuses_at = 1;
    EXPECT_EQ(swap_as_told(machine_.calls, disk("vdb").path, 7), 0);
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told swap vdb", "swap on vdb"));
    EXPECT_THAT(machine_.calls.priorities, ElementsAre(7));
}

}  // namespace
}  // namespace blkhang
