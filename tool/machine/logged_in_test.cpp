// SPDX-License-Identifier: GPL-2.0-only
#include "machine/logged_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
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
    roots.proc = tree.at("proc");
    EXPECT_THAT(logged_in(roots), ElementsAre("alice on tty2"));
    roots.run = tree.at("none");
    EXPECT_THAT(logged_in(roots), IsEmpty());
}

/// Without utmp(5), which systemd makes no more where it was built so (Debian from 13 on).
TEST(LoggedIn, WhoHasASessionIsToldWithoutUtmp) {
    const FileTree tree("logged_in");
    const auto session = [&](const std::string& id, const std::string& text) {
        tree.put("run/systemd/sessions/" + id, "# This is private data. Do not parse.\nUID=1000\n" + text);
    };
    session("3", "USER=alice\nACTIVE=1\nSTATE=active\nCLASS=user\nSERVICE=login\nTTY=tty2\n");
    session("4", "USER=bob\nSTATE=online\nREMOTE=1\nCLASS=user\nSERVICE=sshd\n");
    session("5", "USER=us\nSTATE=active\nCLASS=user\nSERVICE=sshd\n");
    session("6", "USER=gone\nSTATE=closing\nCLASS=user\nSERVICE=sshd\n");
    session("7", "USER=alice\nSTATE=active\nCLASS=manager\nSERVICE=systemd-user\n");
    session("8", "USER=gdm\nSTATE=active\nCLASS=greeter\nTTY=tty1\n");
    ASSERT_EQ(::mkfifo(tree.at("run/systemd/sessions/3.ref").c_str(), 0600), 0);
    tree.put("run/utmp", entry(USER_PROCESS, "alice", "tty2"));
    tree.put("proc/self/cgroup", "0::/user.slice/user-1000.slice/session-5.scope\n");
    HostRoots roots;
    roots.run = tree.at("run");
    roots.proc = tree.at("proc");
    EXPECT_THAT(logged_in(roots), ElementsAre("alice on tty2", "bob by sshd"));
}

}  // namespace
}  // namespace blkhang
