// SPDX-License-Identifier: GPL-2.0-only
#include "stage/user_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.h"
#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kPages = 4;

class UserDisk : public testing::Test {
protected:
    UserDisk() {
        machine_.tree.disk("vdb", "254:16", kPages);
        machine_.tree.disk("nbd0", "43:0");
    }
    void SetUp() override {
        const Fd direct{::open(backing_.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC)};
        if (!direct.valid()) {
            GTEST_SKIP() << "no O_DIRECT where temporary files are";
        }
    }
    Status connect() {
        return connect_user_disk(machine_.staging, backing_, [this](int socket, int backing) -> Status {
            machine_.ledger.journal.emplace_back("serve");
            served_ = ::fcntl(socket, F_GETFD) >= 0 && ::fcntl(backing, F_GETFD) >= 0;
            return serves_;
        });
    }
    FakeMachine machine_;
    std::filesystem::path backing_ = machine_.tree.at("dev/vdb");
    Status serves_;
    bool served_ = false;
};

TEST_F(UserDisk, IsServedBeforeTheDriverIsSetToWork) {
    ASSERT_TRUE(connect());
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("told user disk nbd0", "connect nbd", "serve", "told process blkhang-nbd"));
    EXPECT_TRUE(served_);
    EXPECT_EQ(machine_.calls.nbd_bytes, kPages * 4096);
}

TEST_F(UserDisk, WithoutTheDriverThereIsNone) {
    std::filesystem::remove(machine_.tree.at("dev/nbd0"));
    const auto failed = connect();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().fault(), Fault::unsupported);
    EXPECT_THAT(failed.error().message(), HasSubstr("CONFIG_BLK_DEV_NBD"));
}

TEST_F(UserDisk, WithoutADiskBehindItThereIsNone) {
    std::filesystem::remove(backing_);
    const auto failed = connect();
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("vdb behind nbd0: No such file"));
    EXPECT_TRUE(machine_.ledger.told.empty());
}

TEST_F(UserDisk, ADriverThatRefusesGetsNoServer) {
    machine_.calls.fails["connect nbd"] = EBUSY;
    const auto failed = connect();
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("connecting nbd0"));
    EXPECT_FALSE(served_);
}

TEST_F(UserDisk, WithoutAServerTheDriverIsLeftAlone) {
    serves_ = fail(Fault::broken, "no server");
    EXPECT_FALSE(connect());
    EXPECT_TRUE(machine_.ledger.all<change::Process>().empty());
}

TEST_F(UserDisk, WithoutTheLedgerNothingIsConnected) {
    machine_.ledger.refuses_at = 0;
    EXPECT_FALSE(connect());
    EXPECT_TRUE(machine_.ledger.journal.empty());
}

}  // namespace
}  // namespace blkhang
