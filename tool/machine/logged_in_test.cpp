// SPDX-License-Identifier: GPL-2.0-only
#include "machine/logged_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utmpx.h>

#include <cstring>

#include "base/testing/file_tree.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string entry(short type, std::string_view user, std::string_view line) {
    utmpx made{};
    made.ut_type = type;
    user.copy(made.ut_user, sizeof made.ut_user);
    line.copy(made.ut_line, sizeof made.ut_line);
    return {reinterpret_cast<const char*>(&made), sizeof made};
}

TEST(LoggedIn, WhoIsOnATerminalIsToldOnce) {
    const FileTree tree("logged_in");
    tree.put("run/utmp", entry(BOOT_TIME, "reboot", "~") + entry(USER_PROCESS, "alice", "tty2") +
                             entry(USER_PROCESS, "alice", "tty2") + entry(DEAD_PROCESS, "bob", "tty3") + "torn");
    HostRoots roots;
    roots.run = tree.at("run");
    EXPECT_THAT(logged_in(roots), ElementsAre("alice on tty2"));
    roots.run = tree.at("none");
    EXPECT_THAT(logged_in(roots), IsEmpty());
}

}  // namespace
}  // namespace blkhang
