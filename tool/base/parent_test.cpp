// SPDX-License-Identifier: GPL-2.0-only
#include "base/parent.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "base/file.h"
#include "base/forked.h"

namespace blkhang {
namespace {

/// What a grandchild says, whose parent ends either before it calls die_with() or after.
std::string said_by_an_orphan(bool parent_ends_first) {
    const auto child = fork_teller(
        [&](int out) {
            const pid_t parent = ::getpid();
            int called[2];
            if (::pipe(called) != 0 || ::fork() != 0) {
                ::close(called[1]);
                char byte = 0;
                // Until it has called, if that is to come first.
                return parent_ends_first ? 0 : static_cast<int>(::read(called[0], &byte, 1) < 0);
            }
            for (int i = 0; parent_ends_first && ::getppid() == parent && i < 1000; ++i) {
                ::usleep(1000);
            }
            die_with(parent);
            static_cast<void>(write_all(out, "it works on"));
            ::close(called[0]);
            ::close(called[1]);
            ::sleep(20);
            static_cast<void>(write_all(out, " for ever"));
            return 0;
        },
        "trying");
    EXPECT_TRUE(child);
    std::string said = read_descriptor(child->in.get(), 100).value();
    ::waitpid(child->pid, nullptr, 0);
    return said;
}

TEST(DieWith, AParentThatDiesTakesItAlong) { EXPECT_EQ(said_by_an_orphan(false), "it works on"); }

TEST(DieWith, AParentThatIsDeadAlreadyDoesSo) { EXPECT_EQ(said_by_an_orphan(true), ""); }

}  // namespace
}  // namespace blkhang
