// SPDX-License-Identifier: GPL-2.0-only
#include "lab/boot_state.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kDisk = 8 << 20;

Fd memory(std::uint64_t size = kDisk) {
    Fd made(::memfd_create("boot-state-test", MFD_CLOEXEC));
    EXPECT_EQ(::ftruncate(made.get(), static_cast<off_t>(size)), 0);
    return made;
}

std::string content(int file, std::uint64_t at, std::size_t length) {
    std::string bytes(length, '?');
    EXPECT_EQ(::pread(file, bytes.data(), length, static_cast<off_t>(at)), static_cast<ssize_t>(length));
    return bytes;
}

class BootStateTest : public testing::Test {
protected:
    [[nodiscard]] Result<BootState> open(const std::string& machine = "this") const {
        return BootState::open(file_.get(), machine);
    }
    /// Leaves one whose guest has written to the second of two disks.
    void keep_one(const std::string& state = "QEMU's state") const {
        const Fd empty = memory();
        const Fd used = memory();
        ASSERT_EQ(::pwrite(used.get(), "swap", 4, 4096), 4);
        ASSERT_EQ(::pwrite(used.get(), "far", 3, 5 << 20), 3);
        auto one = open();
        ASSERT_TRUE(one && !one->is_kept());
        const auto kept = one->keep({"a line\nhalf", "console"}, {empty.get(), used.get()},
                                    [&](int file) { return write_all(file, state); });
        ASSERT_TRUE(kept) << kept.error().message();
    }
    void overwrite(std::uint64_t at, std::string_view bytes) const {
        ASSERT_EQ(::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)),
                  static_cast<ssize_t>(bytes.size()));
    }

    TempDir dir_ = TempDir::make("boot-state-test").value();
    Fd file_{::open(dir_.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
};

TEST_F(BootStateTest, OthersFindWhatOneHasLeft) {
    keep_one();
    const auto found = open();
    ASSERT_TRUE(found && found->is_kept());
    const Fd first = memory();
    const Fd second = memory();
    const auto heard = found->restore({first.get(), second.get()});
    ASSERT_TRUE(heard) << heard.error().message();
    EXPECT_EQ(heard->stream, "a line\nhalf");
    EXPECT_EQ(heard->console, "console");
    EXPECT_EQ(::lseek(first.get(), 0, SEEK_DATA), -1) << "nothing was written to it";
    EXPECT_EQ(content(second.get(), 4096, 4), "swap");
    EXPECT_EQ(content(second.get(), 5 << 20, 3), "far");
    const auto state = found->machine_state();
    ASSERT_TRUE(state);
    EXPECT_EQ(read_descriptor(state->get(), 100).value(), "QEMU's state");
    EXPECT_EQ(read_descriptor(found->machine_state()->get(), 100).value(), "QEMU's state") << "each reads it by itself";
}

TEST_F(BootStateTest, WhatHasANameIsLeftAlone) {
    const auto path = dir_.path() / "letter";
    ASSERT_TRUE(write_file(path, "dear reader"));
    const Fd letter(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int file : {letter.get(), null.get(), -1, 1000}) {
        const auto refused = BootState::open(file, "this");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().fault(), Fault::usage);
    }
    EXPECT_EQ(read_file(path).value(), "dear reader");
}

TEST_F(BootStateTest, AnotherMachineDoesNotGoOnFromIt) {
    keep_one();
    const auto other = open("that");
    ASSERT_TRUE(other);
    EXPECT_FALSE(other->is_kept());
}

TEST_F(BootStateTest, OneOfSeveralAtOnceLeavesItsState) {
    const auto one = open();
    const auto two = open();
    ASSERT_TRUE(one && two);
    EXPECT_TRUE(one->is_awaited(1));
    EXPECT_FALSE(two->is_awaited(1)) << "somebody else does already";
    EXPECT_FALSE(two->is_kept());
}

TEST_F(BootStateTest, NoneIsAwaitedWhereThereIsNoRoom) {
    const auto one = open();
    ASSERT_TRUE(one);
    EXPECT_FALSE(one->is_awaited(std::uint64_t{1} << 60U));
}

TEST_F(BootStateTest, WhatFailsLeavesNone) {
    const Fd disk = memory();
    {
        auto one = open();
        ASSERT_TRUE(one);
        const auto kept = one->keep({"said", ""}, {disk.get()}, [](int file) {
            EXPECT_TRUE(write_all(file, "half of"));
            return Status(fail(Fault::broken, "QEMU had enough"));
        });
        ASSERT_FALSE(kept);
        EXPECT_THAT(kept.error().message(), HasSubstr("QEMU had enough"));
    }
    EXPECT_FALSE(open()->is_kept());
    keep_one();
    EXPECT_TRUE(open()->is_kept()) << "the next one leaves its own";
}

TEST_F(BootStateTest, DisksThatHoldMuchAreNotKept) {
    const Fd disk = memory(64 << 20);
    const std::string block(20 << 20, 'x');
    ASSERT_EQ(::pwrite(disk.get(), block.data(), block.size(), 0), static_cast<ssize_t>(block.size()));
    auto one = open();
    ASSERT_TRUE(one);
    EXPECT_FALSE(one->keep({}, {disk.get()}, [](int) { return Status{}; }));
    EXPECT_FALSE(open()->is_kept());
}

TEST_F(BootStateTest, ADamagedHeadIsNone) {
    for (const char* head : {"", "{", "[]", "{}", R"({"machine":"this"})", R"({"machine":7})",
                             R"({"machine":"this","stream":-1.5,"console":"x","extents":{},"state":[]})",
                             R"({"machine":"this","stream":1,"console":1,"extents":[[1]],"state":1})"}) {
        keep_one();
        overwrite(0, std::string(head) + std::string(300, '\0'));
        EXPECT_FALSE(open()->is_kept()) << head;
        ASSERT_EQ(::ftruncate(file_.get(), 0), 0);
    }
}

TEST_F(BootStateTest, OneThatWasCutOrIsOfMoreDisksIsNotGoneOnFrom) {
    keep_one();
    const Fd disk = memory();
    EXPECT_FALSE(open()->restore({disk.get()}));
    ASSERT_EQ(::ftruncate(file_.get(), (64 << 10) + 3), 0);
    const Fd other = memory();
    EXPECT_FALSE(open()->restore({disk.get(), other.get()}));
}

}  // namespace
}  // namespace blkhang
