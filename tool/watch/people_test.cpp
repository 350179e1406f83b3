// SPDX-License-Identifier: GPL-2.0-only
#include "watch/people.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// A child that sleeps.
class Sleeper {
public:
    Sleeper() : pid_(::fork()) {
        if (pid_ == 0) {
            ::pause();
            ::_exit(0);
        }
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    int end() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_;
};

TEST(People, AChildIsWhoItIs) {
    const Sleeper child;
    const auto person = find_person("/proc", child.pid(), 1);
    EXPECT_TRUE(person.found);
    EXPECT_EQ(person.process, child.pid());
    EXPECT_FALSE(person.kernel_thread);
    EXPECT_FALSE(person.has_kvm);
    EXPECT_FALSE(person.ours);
    EXPECT_GT(person.start_ticks, 0U);
    EXPECT_TRUE(find_person("/proc", child.pid(), child.pid()).ours);
    EXPECT_TRUE(find_person("/proc", ::getppid(), 1).ours);
}

TEST(People, WhoHasEndedIsNotFound) {
    Sleeper child;
    const auto pid = child.pid();
    ::kill(pid, SIGKILL);
    child.end();
    EXPECT_FALSE(find_person("/proc", pid, 1).found);
}

TEST(People, IsKilledByTheDescriptorThatWasOpenedBefore) {
    Sleeper child;
    MachinePeople people;
    const auto found = people.identify({child.pid()});
    ASSERT_EQ(found.size(), 1U);
    ASSERT_TRUE(found[0].found);
    ASSERT_TRUE(people.kill(found[0]));
    const int status = child.end();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(People, AnotherOfTheSameNumberIsLeftAlone) {
    const Sleeper child;
    MachinePeople people;
    auto found = people.identify({child.pid()});
    ASSERT_TRUE(found.at(0).found);
    found[0].start_ticks += 1;
    EXPECT_FALSE(people.kill(found[0]));
    EXPECT_EQ(::kill(child.pid(), 0), 0);
    EXPECT_FALSE(people.kill(Person{.pid = child.pid()}));  // never identified with this descriptor
}

/// A tree in which a process has a virtual machine open.
TEST(People, AVirtualMachineIsKnownByWhatItHasOpen) {
    const auto proc = TempDir::make("people");
    ASSERT_TRUE(proc);
    const auto make = [&](const std::string& pid, const std::string& comm, const std::string& opens,
                          const std::string& tgid) {
        const auto directory = proc->path() / pid;
        fs::create_directories(directory / "fd");
        std::string stat = pid + " (" + comm + ") D 1 1 1 0 -1 4194304";
        for (int i = 0; i < 12; ++i) {
            stat += " 0";
        }
        ASSERT_TRUE(write_file(directory / "stat", stat + " 4711 0 0\n"));
        ASSERT_TRUE(write_file(directory / "status", "Name:\t" + comm + "\nTgid:\t" + tgid + "\nPid:\t" + pid + "\n"));
        ASSERT_TRUE(write_file(directory / "comm", comm + "\n"));
        if (!opens.empty()) {
            fs::create_symlink(opens, directory / "fd" / "3");
        }
    };
    make("10", "anything", "anon_inode:kvm-vm", "10");
    make("11", "a) b (c", "/dev/null", "10");
    make("12", "other", "/dev/null", "12");
    EXPECT_TRUE(find_person(proc->path(), 10, 1).has_kvm);
    const auto thread = find_person(proc->path(), 11, 1);
    EXPECT_TRUE(thread.found);
    EXPECT_EQ(thread.process, 10);
    EXPECT_EQ(thread.comm, "a) b (c");
    EXPECT_EQ(thread.process_comm, "anything");
    EXPECT_TRUE(thread.has_kvm);
    EXPECT_EQ(thread.start_ticks, 4711U);
    EXPECT_FALSE(find_person(proc->path(), 12, 1).has_kvm);
    fs::remove_all(proc->path() / "12" / "fd");
    EXPECT_TRUE(find_person(proc->path(), 12, 1).has_kvm);  // what cannot be read may be one
}

}  // namespace
}  // namespace blkhang
