// SPDX-License-Identifier: GPL-2.0-only
#include "base/output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <thread>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputTest : public testing::Test {
protected:
    [[nodiscard]] fs::path at(const std::string& name) const { return dir_.path() / name; }
    [[nodiscard]] std::string content(const std::string& name) const { return read_file(at(name)).value(); }
    [[nodiscard]] mode_t mode(const std::string& name) const {
        struct stat found {};
        EXPECT_EQ(::lstat(at(name).c_str(), &found), 0) << name;
        return found.st_mode;
    }
    [[nodiscard]] auto entries() const { return std::distance(fs::directory_iterator(dir_.path()), {}); }

private:
    TempDir dir_ = TempDir::make("output-test").value();
};

TEST_F(OutputTest, ANewFileHasTheModeThatTheUmaskSays) {
    for (const auto& [umask, expected] : {std::pair{0U, 0666U}, {022U, 0644U}, {077U, 0600U}}) {
        fs::remove(at("new"));
        const mode_t before = ::umask(umask);
        const Status written = write_output(at("new"), "x");
        ::umask(before);
        ASSERT_TRUE(written) << written.error().message();
        EXPECT_EQ(mode("new") & 07777U, expected);
    }
}

TEST_F(OutputTest, ALongNameIsAsGoodAsAShortOne) {
    const std::string name(255, 'x');
    const Status written = write_output(at(name), "all");
    ASSERT_TRUE(written) << written.error().message();
    EXPECT_EQ(content(name), "all");
    EXPECT_EQ(entries(), 1);
}

TEST_F(OutputTest, WhateverEndsUsMeanwhileLeavesNothing) {
    const Fd nameless(::open(at(".").c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
    if (!nameless.valid()) {
        GTEST_SKIP() << "this file system has no files without a name";
    }
    ASSERT_TRUE(write_file(at("file"), "old"));
    const Status written = write_output(at("file"), [&](const TakesPiece& take) {
        Status taken = take("half");
        EXPECT_EQ(entries(), 1);
        return taken;
    });
    ASSERT_TRUE(written) << written.error().message();
    EXPECT_EQ(content("file"), "half");
}

TEST_F(OutputTest, WhatTakesTheNameMeanwhileIsReplacedOnlyIfItIsARegularFile) {
    const auto write_while = [&](bool was_there, const std::function<void()>& change) {
        fs::remove_all(at("file"));
        if (was_there) {
            EXPECT_TRUE(write_file(at("file"), "old"));
        }
        return write_output(at("file"), [&](const TakesPiece& take) {
            fs::remove_all(at("file"));
            change();
            return take("new");
        });
    };
    const std::array<std::function<void()>, 4> strangers{
        [&] { ASSERT_EQ(::mkfifo(at("file").c_str(), 0600), 0); },
        [&] { fs::create_symlink("target", at("file")); },
        [&] { fs::create_directory(at("file")); },
        [&] { fs::create_directories(at("file/in it")); },
    };
    for (const bool was_there : {false, true}) {
        for (const auto& stranger : strangers) {
            mode_t before = 0;
            const Status written = write_while(was_there, [&] {
                stranger();
                before = mode("file");
            });
            EXPECT_FALSE(written);
            EXPECT_EQ(mode("file"), before);
            EXPECT_EQ(entries(), 1);
        }
        for (const auto& change : {std::function<void()>([] {}),
                                   std::function<void()>([&] { ASSERT_TRUE(write_file(at("file"), "another's")); })}) {
            const Status written = write_while(was_there, change);
            ASSERT_TRUE(written) << written.error().message();
            EXPECT_EQ(content("file"), "new");
            EXPECT_EQ(entries(), 1);
        }
    }
}

TEST_F(OutputTest, ASignalLeavesNothingWheneverItComes) {
    // Memory has no disk to wait for: there, a signal often comes just when the file has a name that it is not to keep.
    std::string memory = "/dev/shm/output-test.XXXXXX";
    if (::mkdtemp(memory.data()) == nullptr) {
        GTEST_SKIP() << "/dev/shm cannot be written";
    }
    const Fd nameless(::open(memory.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
    std::minstd_rand random(1);
    for (int i = 0; nameless.valid() && i < 300; ++i) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::signal(SIGTERM, SIG_DFL);
            for (;;) {
                (void)write_output(memory + "/file", "x");
            }
        }
        ::usleep(500 + random() % 2000);
        ::kill(child, SIGTERM);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status));
    }
    const auto left = std::distance(fs::directory_iterator(memory), {});
    fs::remove_all(memory);
    if (!nameless.valid()) {
        GTEST_SKIP() << "this file system has no files without a name";
    }
    EXPECT_EQ(left, 1);
}

TEST_F(OutputTest, AFileThatWasThereKeepsItsMode) {
    ASSERT_TRUE(write_file(at("a"), "old"));
    for (const mode_t kept : {0600U, 0664U, 0444U, 0755U}) {
        fs::permissions(at("a"), static_cast<fs::perms>(kept));
        ASSERT_TRUE(write_output(at("a"), "new"));
        EXPECT_EQ(mode("a") & 07777U, kept);
    }
    EXPECT_EQ(content("a"), "new");
    EXPECT_EQ(entries(), 1);
}

TEST_F(OutputTest, ItKeepsItsOwnerWhereWeMay) {
    ASSERT_TRUE(write_file(at("a"), "old"));
    if (::chown(at("a").c_str(), 65534, 65534) != 0) {
        GTEST_SKIP() << "only root may give files away";
    }
    ASSERT_TRUE(write_output(at("a"), "new"));
    struct stat found {};
    ASSERT_EQ(::stat(at("a").c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, 65534U);
}

TEST_F(OutputTest, ALinkStaysAndItsTargetIsReplaced) {
    fs::create_directory(at("d"));
    ASSERT_TRUE(write_file(at("d/target"), "old"));
    fs::create_symlink("d/target", at("link"));
    fs::create_symlink("link", at("link-to-link"));
    ASSERT_TRUE(write_output(at("link-to-link"), "new"));
    EXPECT_TRUE(fs::is_symlink(at("link")) && fs::is_symlink(at("link-to-link")));
    EXPECT_EQ(content("d/target"), "new");
    EXPECT_EQ(std::distance(fs::directory_iterator(at("d")), {}), 1);
}

TEST_F(OutputTest, ALinkToNothingGetsItsTarget) {
    fs::create_symlink(at("target"), at("link"));
    ASSERT_TRUE(write_output(at("link"), "new"));
    EXPECT_TRUE(fs::is_symlink(at("link")));
    EXPECT_EQ(content("target"), "new");
}

TEST_F(OutputTest, ADeviceIsWrittenToAndStays) {
    struct stat before {
    }, after{};
    ASSERT_EQ(::stat("/dev/null", &before), 0);
    EXPECT_TRUE(write_output("/dev/null", "x"));
    ASSERT_EQ(::stat("/dev/null", &after), 0);
    EXPECT_TRUE(S_ISCHR(after.st_mode));
    EXPECT_EQ(before.st_ino, after.st_ino);
    fs::create_symlink("/dev/full", at("full"));
    const Status full = write_output(at("full"), "x");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().fault(), Fault::broken);
    EXPECT_THAT(full.error().message(), HasSubstr("No space left"));
}

TEST_F(OutputTest, AFifoIsWrittenToAndStays) {
    ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
    std::string read;
    std::thread reader([&] { read = read_file(at("fifo")).value(); });
    const Status written = write_output(at("fifo"), "through");
    reader.join();
    EXPECT_TRUE(written);
    EXPECT_EQ(read, "through");
    EXPECT_TRUE(S_ISFIFO(mode("fifo")));
}

TEST_F(OutputTest, ADescriptorIsWrittenWhereItStands) {
    const Fd file(::open(at("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_TRUE(write_all(file.get(), "before "));
    fs::create_symlink("/dev/fd/" + std::to_string(file.get()), at("link"));
    ASSERT_TRUE(write_output("/proc/self/fd/" + std::to_string(file.get()), "one "));
    ASSERT_TRUE(write_output("/dev/fd/" + std::to_string(file.get()), "two "));
    ASSERT_TRUE(write_output(at("link"), "three "));
    ASSERT_TRUE(write_all(file.get(), "after"));
    EXPECT_EQ(content("log"), "before one two three after");
    EXPECT_EQ(write_output("/dev/fd/987", "x").error().fault(), Fault::usage);
}

TEST_F(OutputTest, WhatMakesNoSenseIsTheUsersMistake) {
    fs::create_directory(at("d"));
    ASSERT_TRUE(write_file(at("file"), ""));
    fs::create_symlink("loop", at("loop"));
    for (const fs::path& path : {fs::path(""), at("d"), at("d/"), at("none/x"), at("none/"), at("new/"), at("file/x"),
                                 at("loop"), at(std::string(300, 'x')), at(std::string(5000, 'x')), fs::path("/")}) {
        const Status written = write_output(path, "x");
        ASSERT_FALSE(written) << path;
        EXPECT_EQ(written.error().fault(), Fault::usage) << path << ": " << written.error().message();
    }
    EXPECT_EQ(entries(), 3);
}

}  // namespace
}  // namespace blkhang
