// SPDX-License-Identifier: GPL-2.0-only
#include "load/guests.h"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "load/guest_machine.h"
#include "stage/child.h"
#include "stage/testing/fake_guest.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// With a script in place of QEMU, and a disk that its boot sector goes to.
class GuestsTest : public testing::Test {
protected:
    GuestsTest() {
        profile_.kvm.guests = 1;
        profile_.kvm.block = 512;
        profile_.kvm.disk = 4096;
        tree_ = std::make_unique<CgroupTree>(
            CgroupTree::open(machine_.ledger, machine_.cgroups, CgroupVersion::v2, "blkhang").value());
        site_ = std::make_unique<LoadSite>(find_load_site(profile_, machine_.site, *tree_).value());
        site_->guests.qemu = machine_.tree.at("qemu");
        machine_.ledger.journal.clear();
    }
    ~GuestsTest() override {
        for (const auto& process : machine_.ledger.all<change::Process>()) {
            ::kill(process.pid, SIGKILL);
            ::waitpid(process.pid, nullptr, 0);
        }
    }
    GuestsTest(const GuestsTest&) = delete;
    GuestsTest& operator=(const GuestsTest&) = delete;
    GuestsTest(GuestsTest&&) = delete;
    GuestsTest& operator=(GuestsTest&&) = delete;

    void qemu_is(const std::string& script) const {
        // bash, for which a descriptor's number may have two digits.
        machine_.tree.put("qemu", "#!/bin/bash\n" + script);
        std::filesystem::permissions(machine_.tree.at("qemu"), std::filesystem::perms::owner_all);
    }
    /// What the group of a machine counts from then on, as a line of the script.
    [[nodiscard]] std::string writes(std::uint32_t guest) const {
        return fmt::format("echo '254:0 rbytes=0 wbytes=1048576' >{}/guest{}/io.stat\n",
                           machine_.tree.at("sys/fs/cgroup/blkhang").string(), guest);
    }
    Result<StartedGuests> start() {
        return start_guests(
            profile_, *site_,
            {.still_alive = [] {}, .note = [this](std::string text) { notes_.push_back(std::move(text)); }},
            {.test_boot = milliseconds(400), .first = milliseconds(400), .further = milliseconds(200)});
    }
    /// Starts them, and has somebody listen until the first is gone.
    void listen_to_the_end() {
        const auto started = start();
        ASSERT_TRUE(started) << started.error().message();
        const auto listener =
            start_child(machine_.ledger, "blkhang-listen", [&] { play_guest_listener(*started, *counters_); });
        ASSERT_TRUE(listener);
        for (const auto deadline = Deadline::after(std::chrono::seconds(20));
             !deadline.passed() && counters_->guests[0].ended == 0;) {
            std::this_thread::sleep_for(milliseconds(5));
        }
        EXPECT_EQ(counters_->guests[0].ended, 1U);
    }

    FakeGuest machine_;
    SharedCounters counters_ = std::move(SharedCounters::make().value());
    Profile profile_;
    std::unique_ptr<CgroupTree> tree_;
    std::unique_ptr<LoadSite> site_;
    std::vector<std::string> notes_;
};

TEST_F(GuestsTest, OneAfterTheOtherEachInItsGroupAndFromItsPartOfTheDisk) {
    profile_.kvm.guests = 2;
    qemu_is(writes(0) + writes(1) + "sleep 60\n");
    const auto started = start();
    ASSERT_TRUE(started) << started.error().message();
    EXPECT_EQ(started->pids.size(), 2U);
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("make group blkhang/guest0", "told process blkhang-guest",
                                                     "make group blkhang/guest1", "told process blkhang-guest"));
    EXPECT_THAT(notes_, Contains(HasSubstr("2 virtual machines")));
    EXPECT_THAT(notes_, Contains(HasSubstr("boot a boot sector")));
    const auto disk = machine_.tree.get("dev/vda");
    EXPECT_EQ(disk.substr(510, 2), "\x55\xaa");
    EXPECT_EQ(disk.substr(4096 + 510, 2), "\x55\xaa");
}

TEST_F(GuestsTest, OneThatEndsBeforeItWritesIsToldWithItsLastWords) {
    qemu_is("echo 'qemu: no firmware' >&2\nexit 1\n");
    const auto failed = start();
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(),
                HasSubstr("virtual machine 1 of the load ended before it wrote anything: qemu: no firmware"));
}

TEST_F(GuestsTest, AFirstOneThatIsTooSlowMakesItUnsupported) {
    qemu_is("exec sleep 60\n");
    const auto failed = start();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().fault(), Fault::unsupported);
    EXPECT_THAT(failed.error().message(), HasSubstr("writes nothing within"));
}

TEST_F(GuestsTest, AFurtherOneThatIsTooSlowIsNoted) {
    profile_.kvm.guests = 2;
    qemu_is(writes(0) + "exec sleep 60\n");
    const auto started = start();
    ASSERT_TRUE(started) << started.error().message();
    EXPECT_THAT(notes_, Contains(HasSubstr("virtual machine 2 of the load had not written when the load began")));
}

TEST_F(GuestsTest, AnImageIsCopiedToEachDiskAndHasToFit) {
    machine_.tree.put("image", std::string(4096, 'i'));
    site_->guests.image = machine_.tree.at("image");
    EXPECT_TRUE(prepare_guest_disk(profile_, *site_, 1));
    EXPECT_EQ(machine_.tree.get("dev/vda").substr(4096, 4096), std::string(4096, 'i'));
    machine_.tree.put("image", std::string(8192, 'i'));
    const auto refused = prepare_guest_disk(profile_, *site_, 1);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("--set kvm.disk=SIZE"));
    EXPECT_FALSE(prepare_guest_disk(profile_, *site_, 4)) << "the disk ends before its part";
}

TEST_F(GuestsTest, OneThatBootsAnImageHasMoreTimeWhichIsTold) {
    machine_.tree.put("image", std::string(4096, 'i'));
    site_->guests.image = machine_.tree.at("image");
    qemu_is("exec sleep 60\n");
    const auto failed = start();
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("writes nothing within 1 s"));
}

TEST_F(GuestsTest, WhoListensCountsWhatTheySayAndSeesOneEnd) {
    qemu_is("fd=$(echo \"$*\" | sed 's/.*id=console,fd=\\([0-9]*\\).*/\\1/')\n" + writes(0) +
            "printf '\\006\\006\\006' >&$fd\nsleep 1\necho 'qemu: out of memory' >&2\nexit 1\n");
    listen_to_the_end();
    EXPECT_STREQ(counters_->guests[0].words.data(), ": qemu: out of memory");
    // Some may have been heard while it was started: those do not count, for the load had not begun.
    EXPECT_LE(counters_->guests[0].blocks, 3U);
}

TEST_F(GuestsTest, LastWordsThatWereSaidWhileItWasStartedAreNotLost) {
    qemu_is("echo 'qemu: disk gone' >&2\n" + writes(0) + "exit 1\n");
    listen_to_the_end();
    EXPECT_STREQ(counters_->guests[0].words.data(), ": qemu: disk gone");
}

}  // namespace
}  // namespace blkhang
