// SPDX-License-Identifier: GPL-2.0-only
#include "lab/qemu_control.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "base/file.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr const char* kGreeting = R"({"QMP": {"version": {}, "capabilities": []}})"
                                  "\n";
constexpr const char* kDone = "{\"return\": {}}\n";

/// Stands in for QEMU: says what it is told to, a text after each command that it hears, the first one unasked.
class Peer {
public:
    explicit Peer(std::vector<std::string> says) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        ours_.reset(ends[0]);
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        thread_ = std::thread([this, says = std::move(says), end = ends[1]] {
            const Fd mine(end);
            for (const auto& text : says) {
                EXPECT_TRUE(write_all(mine.get(), text));
                if (!hear(mine.get())) {
                    return;
                }
            }
        });
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() { wait(); }

    Fd ours() { return std::move(ours_); }
    /// All that it heard. Whoever talked to it has to be gone.
    std::vector<std::string> heard() {
        wait();
        return heard_;
    }
    /// Of the files that came with commands.
    std::vector<ino_t> files() {
        wait();
        return files_;
    }

private:
    void wait() {
        ours_.reset();
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    bool hear(int socket) {
        std::array<char, 4096> text{};
        iovec part{text.data(), text.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        if (got <= 0) {
            return false;
        }
        heard_.emplace_back(text.data(), static_cast<std::size_t>(got));
        if (const auto* header = CMSG_FIRSTHDR(&message)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header), sizeof number);
            const Fd file(number);
            struct stat found {};
            EXPECT_EQ(::fstat(file.get(), &found), 0);
            files_.push_back(found.st_ino);
        }
        return true;
    }

    Fd ours_;
    std::thread thread_;
    std::vector<std::string> heard_;
    std::vector<ino_t> files_;
};

Deadline soon() { return Deadline::after(std::chrono::seconds(20)); }

TEST(QemuControl, SpeaksWhenItWasGreetedAndPassesOverEvents) {
    Peer peer({kGreeting, "{\"event\": \"STOP\"}\n{\"return\"", ": {}}\n"});
    {
        // The second text is only half an answer: the rest comes after the next command, which is none of ours.
        auto control = QemuControl::open(peer.ours(), Deadline::after(milliseconds(200)));
        ASSERT_FALSE(control);
        EXPECT_THAT(control.error().message(), HasSubstr("QEMU does not answer"));
    }
    EXPECT_THAT(peer.heard(), testing::ElementsAre("{\"execute\":\"qmp_capabilities\"}\n"));
}

TEST(QemuControl, StopsAndGoesOn) {
    Peer peer({kGreeting, kDone, std::string("{\"event\": \"STOP\"}\n") + kDone, kDone});
    {
        auto control = QemuControl::open(peer.ours(), soon());
        ASSERT_TRUE(control) << control.error().message();
        EXPECT_TRUE(control->stop(soon()));
        EXPECT_TRUE(control->go_on(soon()));
    }
    EXPECT_THAT(peer.heard(), testing::ElementsAre(HasSubstr("qmp_capabilities"), "{\"execute\":\"stop\"}\n",
                                                   "{\"execute\":\"cont\"}\n"));
}

TEST(QemuControl, SavesIntoTheFileThatGoesWithTheCommand) {
    const auto dir = TempDir::make("qemu-control-test").value();
    const Fd file(::open((dir.path() / "state").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    struct stat expected {};
    ASSERT_EQ(::fstat(file.get(), &expected), 0);
    Peer peer({kGreeting, kDone, kDone, kDone, "{\"return\": {\"status\": \"active\"}}\n",
               "{\"return\": {\"status\": \"completed\"}}\n"});
    {
        auto control = QemuControl::open(peer.ours(), soon());
        ASSERT_TRUE(control);
        EXPECT_TRUE(control->save(file.get(), soon()));
    }
    EXPECT_THAT(peer.files(), testing::ElementsAre(expected.st_ino));
    EXPECT_THAT(peer.heard(), testing::ElementsAre(HasSubstr("qmp_capabilities"), HasSubstr("getfd"),
                                                   HasSubstr("fd:state"), HasSubstr("query"), HasSubstr("query")));
}

TEST(QemuControl, WhatQemuRefusesIsToldInItsWords) {
    Peer peer({kGreeting, kDone, "{\"error\": {\"desc\": \"Migration is disabled\"}}\n"});
    auto control = QemuControl::open(peer.ours(), soon());
    ASSERT_TRUE(control);
    const auto saved = control->save(0, soon());
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message(), HasSubstr("Migration is disabled"));
}

TEST(QemuControl, AStateThatQemuCannotReadIsAnError) {
    for (const char* answer : {"{\"return\": {\"status\": \"failed\"}}\n", "no JSON\n", "[]\n"}) {
        Peer peer({kGreeting, kDone, answer});
        auto control = QemuControl::open(peer.ours(), soon());
        ASSERT_TRUE(control);
        EXPECT_FALSE(control->wait_for_state(soon())) << answer;
    }
}

TEST(QemuControl, AQemuThatEndsOrFloodsIsNotWaitedFor) {
    const auto began = monotonic_ns();
    for (const std::string& last : {std::string(), std::string(100 << 10, 'x')}) {
        Peer peer({kGreeting, kDone, last});
        auto control = QemuControl::open(peer.ours(), soon());
        ASSERT_TRUE(control);
        const auto stopped = last.empty() ? control->stop(Deadline::after(milliseconds(100))) : control->stop(soon());
        EXPECT_FALSE(stopped);
    }
    EXPECT_LT(seconds_since(began), 15.0);
}

}  // namespace
}  // namespace blkhang
