// SPDX-License-Identifier: GPL-2.0-only
#include "run/program_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>

#include "base/file.h"
#include "base/testing/old_kernel.h"

namespace blkhang {
namespace {

constexpr int kGood = 0, kNotAllowed = 77;
constexpr std::size_t kPages = 16, kPage = 4096;
/// In the program's zeroed memory.
alignas(kPage) std::array<char, kPages * kPage> untouched;

std::size_t in_memory(char* memory) {
    std::array<unsigned char, kPages> there{};
    ::mincore(memory, kPages * kPage, there.data());
    return static_cast<std::size_t>(std::ranges::count_if(there, [](unsigned char page) { return (page & 1U) != 0; }));
}

char* some_memory() {
    return static_cast<char*>(
        ::mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

/// Pages of the program, of libraries and of what is shared.
std::size_t pages_of_files() {
    std::istringstream numbers(read_file("/proc/self/statm").value_or(""));
    std::size_t all = 0, resident = 0, shared = 0;
    numbers >> all >> resident >> shared;
    return shared;
}

/// What a process answers whose memory is locked.
int locked_process() {
    char* before = some_memory();
    const auto files_before = pages_of_files();
    if (!lock_touched_memory()) {
        return kNotAllowed;
    }
    const auto files_after = pages_of_files();
    if (in_memory(before) != kPages || in_memory(some_memory()) != kPages) {
        return 1;
    }
    if (in_memory(untouched.data()) != 0) {
        return 2;
    }
    untouched[kPage] = 1;
    if (in_memory(untouched.data()) != 1) {
        return 3;
    }
    return files_before > 0 && files_after < files_before ? kGood : 4;
}

TEST(LockTouchedMemory, LocksWhatIsWrittenToAndOfTheProgramWhatIsUsed) {
#ifdef BLKHANG_SANITIZED
    GTEST_SKIP() << "the sanitizer has a mlockall() of its own, which locks nothing";
#endif
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::_exit(locked_process());
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == kNotAllowed) {
        GTEST_SKIP() << "this user may not lock so much memory";
    }
    EXPECT_EQ(WEXITSTATUS(status), kGood);
}

/// Before 4.4 mlockall(2) takes no MCL_ONFAULT.
TEST(LockTouchedMemory, LocksAllWhereItCannotChoose) {
#ifdef BLKHANG_SANITIZED
    GTEST_SKIP() << "the sanitizer has a mlockall() of its own, which locks nothing";
#endif
    const auto ended = old_kernel::run({{SYS_mlockall, EINVAL, 0, MCL_ONFAULT}}, [] {
        if (!lock_touched_memory()) {
            return kNotAllowed;
        }
        return in_memory(untouched.data()) == kPages ? kGood : 1;
    });
    if (ended == kNotAllowed) {
        GTEST_SKIP() << "this user may not lock so much memory";
    }
    EXPECT_EQ(ended, kGood);
}

}  // namespace
}  // namespace blkhang
