// SPDX-License-Identifier: GPL-2.0-only
#include "watch/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/file.h"

namespace blkhang {
namespace {

/// Receives what is sent to a name.
class Receiver {
public:
    explicit Receiver(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    }
    [[nodiscard]] std::string next() const {
        std::array<char, 4096> buffer{};
        const auto size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

private:
    Fd socket_;
};

TEST(ServiceManager, IsToldWhatItAskedFor) {
    const auto directory = TempDir::make("notify");
    ASSERT_TRUE(directory);
    const auto path = (directory->path() / "n").string();
    const Receiver receiver(path);
    const auto pid = std::to_string(::getpid());
    const ServiceManager manager({path.c_str(), "10000000", pid.c_str(), nullptr});
    EXPECT_TRUE(manager.is_there());
    EXPECT_TRUE(manager.notify("READY=1"));
    EXPECT_EQ(receiver.next(), "READY=1");
    EXPECT_EQ(manager.watchdog_period(), std::chrono::seconds(5));
    EXPECT_FALSE(ServiceManager({path.c_str(), "10000000", "1", nullptr}).watchdog_period());
    EXPECT_FALSE(ServiceManager({path.c_str(), "never", nullptr, nullptr}).watchdog_period());
}

TEST(ServiceManager, IsNotThereWhereNobodyIs) {
    const ServiceManager manager({});
    EXPECT_FALSE(manager.is_there());
    EXPECT_FALSE(manager.notify("READY=1"));
    EXPECT_FALSE(manager.has_journal());
    EXPECT_FALSE(ServiceManager({"/nonexistent/socket"}).notify("READY=1"));
}

TEST(ServiceManager, LogsFieldsOfOneLineEach) {
    const auto directory = TempDir::make("journal");
    ASSERT_TRUE(directory);
    const auto path = (directory->path() / "j").string();
    const Receiver receiver(path);
    const ServiceManager manager({nullptr, nullptr, nullptr, "8:1", path});
    EXPECT_TRUE(manager.log({{"MESSAGE", "a\nPRIORITY=0"}, {"PRIORITY", "3"}}));
    EXPECT_EQ(receiver.next(), "MESSAGE=a PRIORITY=0\nPRIORITY=3\n");
}

}  // namespace
}  // namespace blkhang
