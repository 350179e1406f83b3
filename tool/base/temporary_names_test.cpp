// SPDX-License-Identifier: GPL-2.0-only
#include "base/temporary_names.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/output.h"
#include "base/replace.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class TemporaryNamesTest : public testing::Test {
protected:
    [[nodiscard]] fs::path at(const std::string& name) const { return dir_.path() / name; }
    [[nodiscard]] int directory() const { return opened_.get(); }
    void make(const std::string& name) const { ASSERT_TRUE(write_file(at(name), "left")); }
    [[nodiscard]] std::set<std::string> entries() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(dir_.path())) {
            names.insert(entry.path().filename());
        }
        return names;
    }

private:
    TempDir dir_ = TempDir::make("temporary-names-test").value();
    Fd opened_{::open(dir_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
};

TEST_F(TemporaryNamesTest, WhatNobodyHasLockedIsTakenAway) {
    const std::string name = make_temporary_name();
    make(name);
    make("blkhang-abcdef.part");
    fs::permissions(at("blkhang-abcdef.part"), fs::perms::owner_read);
    remove_abandoned(directory());
    EXPECT_THAT(entries(), ElementsAre());
}

TEST_F(TemporaryNamesTest, WhatSomebodyIsWritingStays) {
    const std::string name = make_temporary_name();
    {
        const Fd file(::open(at(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        lock_temporary(file.get());
        remove_abandoned(directory());
        EXPECT_THAT(entries(), ElementsAre(name));
        EXPECT_TRUE(has_name(file.get()));
    }
    remove_abandoned(directory());
    EXPECT_THAT(entries(), ElementsAre());
}

TEST_F(TemporaryNamesTest, WhoLocksItTooLateIsTold) {
    const Fd file(::open(at("blkhang-abcdef.part").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    remove_abandoned(directory());
    lock_temporary(file.get());
    EXPECT_FALSE(has_name(file.get()));
}

TEST_F(TemporaryNamesTest, NothingElseIsTouched) {
    for (const char* name : {"blkhang-abcde.part", "blkhang-abcdeF.part", "blkhang-abcdef.part2", "abcdef.part",
                             "blkhang-abcdef.parT", "xblkhang-abcdef.part"}) {
        make(name);
    }
    fs::create_directory(at("blkhang-aaaaaa.part"));
    fs::create_symlink("blkhang-abcde.part", at("blkhang-bbbbbb.part"));
    ASSERT_EQ(::mkfifo(at("blkhang-cccccc.part").c_str(), 0600), 0);
    const auto before = entries();
    remove_abandoned(directory());
    EXPECT_EQ(entries(), before);
}

TEST_F(TemporaryNamesTest, FilesThatFollowOneAnotherAtOnceAreWrittenAfterOneLook) {
    remove_abandoned_before_writing(directory());
    make("blkhang-aaaaaa.part");
    ::usleep(110'000);
    remove_abandoned_before_writing(directory());
    EXPECT_THAT(entries(), ElementsAre());
    make("blkhang-bbbbbb.part");
    remove_abandoned_before_writing(directory());
    EXPECT_THAT(entries(), ElementsAre("blkhang-bbbbbb.part"));
}

/// Runs it in a process of its own, which ends by itself or is killed after so long.
void in_a_process(const std::function<void()>& work, std::optional<unsigned> killed_after_us) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        work();
        ::_exit(0);
    }
    if (killed_after_us) {
        ::usleep(*killed_after_us);
        ::kill(child, SIGKILL);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

/// In memory, where there is no disk to wait for, a signal often comes just when the file has such a name.
TEST(TemporaryNames, WhatAKilledProcessLeavesIsGoneAfterTheNextHasWritten) {
    std::string memory = "/dev/shm/temporary-names-test.XXXXXX";
    if (::mkdtemp(memory.data()) == nullptr) {
        GTEST_SKIP() << "/dev/shm cannot be written";
    }
    const auto write_both = [&memory] {
        (void)write_output(memory + "/file", "x");
        (void)replace_file(memory + "/other", "x");
    };
    const auto write_on = [&write_both] {
        for (;;) {
            write_both();
        }
    };
    std::minstd_rand random(1);
    int left = 0;
    for (int i = 0; i < 200 || (left == 0 && i < 5000); ++i) {
        in_a_process(write_both, {});
        in_a_process(write_on, 500 + random() % 2000);
        left += std::distance(fs::directory_iterator(memory), {}) > 2 ? 1 : 0;
        in_a_process(write_both, {});
        ASSERT_EQ(std::distance(fs::directory_iterator(memory), {}), 2) << "after " << i;
    }
    fs::remove_all(memory);
    EXPECT_GT(left, 0) << "none was killed at that moment";
}

TEST_F(TemporaryNamesTest, WritersLeaveOneAnotherAlone) {
    std::atomic<int> failed = 0;
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&, i] {
            for (int each = 0; each < 300; ++each) {
                remove_abandoned(directory());
                const auto path = at(i % 2 == 0 ? "shared" : fmt::format("own {}", i));
                failed += i < 2 ? !write_output(path, "whole")
                                : !replace_at(directory(), path.filename(), "whole", {.flushed = false});
            }
        });
    }
    for (auto& writer : writers) {
        writer.join();
    }
    EXPECT_EQ(failed, 0);
    EXPECT_THAT(entries(), ElementsAre("own 1", "own 3", "shared"));
    for (const auto& name : entries()) {
        EXPECT_EQ(read_file(at(name)).value(), "whole");
    }
}

}  // namespace
}  // namespace blkhang
