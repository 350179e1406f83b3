// SPDX-License-Identifier: GPL-2.0-only
#include "watch/people.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing/old_kernel.h"

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

/// Before 5.1, and before 5.3.
TEST(People, IsKilledWhereProcessesHaveNoDescriptors) {
    for (const auto& missing :
         {std::vector<old_kernel::Refused>{{SYS_pidfd_open}, {SYS_pidfd_send_signal}}, {{SYS_pidfd_open}}}) {
        Sleeper child;
        const auto ended = old_kernel::run(missing, [&] {
            MachinePeople people;
            const auto found = people.identify({child.pid()});
            return found.size() == 1 && found[0].found && people.kill(found[0]) ? 0 : 1;
        });
        ASSERT_EQ(ended, 0);
        const int status = child.end();
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
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

/// A task of a tree like /proc, as `more` of its status says.
void make_task(const fs::path& proc, const std::string& pid, const std::string& comm, const std::string& opens,
               const std::string& tgid, const std::string& more = "") {
    const auto directory = proc / pid;
    fs::create_directories(directory / "fd");
    std::string stat = pid + " (" + comm + ") D 1 1 1 0 -1 4194304";
    for (int i = 0; i < 12; ++i) {
        stat += " 0";
    }
    ASSERT_TRUE(write_file(directory / "stat", stat + " 4711 0 0\n"));
    ASSERT_TRUE(
        write_file(directory / "status", "Name:\t" + comm + "\nTgid:\t" + tgid + "\nPid:\t" + pid + "\n" + more));
    ASSERT_TRUE(write_file(directory / "comm", comm + "\n"));
    if (!opens.empty()) {
        fs::create_symlink(opens, directory / "fd" / "3");
    }
}

TEST(People, AVirtualMachineIsKnownByWhatItHasOpen) {
    const auto proc = TempDir::make("people");
    ASSERT_TRUE(proc);
    make_task(proc->path(), "10", "anything", "anon_inode:kvm-vm", "10");
    make_task(proc->path(), "11", "a) b (c", "/dev/null", "10");
    make_task(proc->path(), "12", "other", "/dev/null", "12");
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

/// With CAP_DAC_READ_SEARCH the descriptors of others can be listed, but not followed without CAP_SYS_PTRACE; and of a
/// process whose first thread has ended, /proc/PID/fd is empty.
TEST(People, AVirtualMachineThatIsHardToSeeIsOneAllTheSame) {
    const auto proc = TempDir::make("people");
    ASSERT_TRUE(proc);
    make_task(proc->path(), "10", "anything", "", "10");
    EXPECT_FALSE(find_person(proc->path(), 10, 1).has_kvm);
    make_task(proc->path(), "11", "anything", "anon_inode:kvm-vm", "10");
    EXPECT_TRUE(find_person(proc->path(), 11, 1).has_kvm);
    ASSERT_TRUE(write_file(proc->path() / "10" / "fd" / "3", ""));  // no link: reading it as one fails
    EXPECT_TRUE(find_person(proc->path(), 10, 1).has_kvm);
}

TEST(People, TheInitOfAContainerIsKnown) {
    const auto proc = TempDir::make("people");
    ASSERT_TRUE(proc);
    make_task(proc->path(), "10", "entry.sh", "", "10", "NSpid:\t10\t1\nNSpgid:\t10\t1\n");
    make_task(proc->path(), "11", "worker", "", "10", "NSpid:\t11\t2\n");
    make_task(proc->path(), "12", "tee", "", "12", "NSpid:\t12\t21\nNSpgid:\t12\t1\n");
    make_task(proc->path(), "13", "tee", "", "13", "NSpid:\t13\nNSpgid:\t13\t1\n");
    EXPECT_TRUE(find_person(proc->path(), 10, 1).is_container);
    EXPECT_TRUE(find_person(proc->path(), 11, 1).is_container);  // a thread of it
    EXPECT_FALSE(find_person(proc->path(), 12, 1).is_container);
    EXPECT_FALSE(find_person(proc->path(), 13, 1).is_container);
}

/// The shell that started it may be who writes to the scheduler of a disk.
TEST(People, WhoStartedTheWatchIsOursHoweverFarBack) {
    const auto proc = TempDir::make("people");
    ASSERT_TRUE(proc);
    make_task(proc->path(), "10", "bash", "", "10", "PPid:\t1\n");
    make_task(proc->path(), "11", "sudo", "", "11", "PPid:\t10\n");
    make_task(proc->path(), "12", "blkhang", "", "12", "PPid:\t11\n");
    make_task(proc->path(), "13", "blkhang-watch", "", "13", "PPid:\t12\n");
    make_task(proc->path(), "14", "tee", "", "14", "PPid:\t10\n");
    for (const std::int32_t pid : {10, 11, 12, 13}) {
        EXPECT_TRUE(find_person(proc->path(), pid, 13).ours) << pid;
    }
    EXPECT_FALSE(find_person(proc->path(), 14, 13).ours);
}

}  // namespace
}  // namespace blkhang
