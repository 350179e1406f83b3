// SPDX-License-Identifier: GPL-2.0-only
#include "run/port.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Deadline soon() { return Deadline::after(std::chrono::milliseconds(50)); }

class PortTest : public testing::Test {
protected:
    void put(const fs::path& file, const std::string& content) {
        fs::create_directories((dir_.path() / file).parent_path());
        ASSERT_TRUE(write_file(dir_.path() / file, content));
    }
    TempDir dir_ = TempDir::make("blkhang-port").value();
    Port::Roots roots_{dir_.path() / "sys", dir_.path() / "dev"};
};

/// A line that looks like a serial one to us; its other end.
Fd pseudo_terminal(std::string& name) {
    Fd master{::posix_openpt(O_RDWR | O_NOCTTY)};
    EXPECT_TRUE(master.valid() && ::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0);
    name = ::ptsname(master.get());
    return master;
}

std::string read_from(const Fd& master) {
    pollfd source{master.get(), POLLIN, 0};
    std::array<char, 256> buffer{};
    const auto got = ::poll(&source, 1, 5000) == 1 ? ::read(master.get(), buffer.data(), buffer.size()) : 0;
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

TEST_F(PortTest, TheVirtioPortOfThatNameIsTaken) {
    put("sys/class/virtio-ports/vport0p1/name", "another\n");
    put("sys/class/virtio-ports/vport0p2/name", "blkhang.stream\n");
    put("dev/vport0p2", "");
    auto port = Port::find("blkhang.stream", "ttyS1", soon(), roots_);
    ASSERT_TRUE(port) << port.error().message();
    EXPECT_FALSE(port->is_serial());
    port->send(seen::Tick{5});
    EXPECT_EQ(read_file(dir_.path() / "dev/vport0p2").value(), "{\"t\":\"tick\",\"at_ns\":5}\n");
}

TEST_F(PortTest, WithoutTheDriverOrThePortItIsTheSerialLineAsItIs) {
    std::string name;
    const auto master = pseudo_terminal(name);
    for (const bool driver : {false, true}) {
        if (driver) {
            put("sys/class/virtio-ports/vport0p1/name", "another\n");
        }
        auto port = Port::find("blkhang.stream", name, soon(), {roots_.sys, "/"});
        ASSERT_TRUE(port) << port.error().message();
        EXPECT_TRUE(port->is_serial());
        port->send(seen::Tick{5});
        EXPECT_EQ(read_from(master), "{\"t\":\"tick\",\"at_ns\":5}\n") << "no CR before LF";
    }
}

TEST_F(PortTest, WithoutEitherTheErrorSaysBoth) {
    const auto missing = Port::find("blkhang.stream", "ttyS1", soon(), roots_);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message(), testing::AllOf(HasSubstr("blkhang.stream"), HasSubstr("ttyS1")));
    put("dev/ttyS1", "");
    EXPECT_FALSE(Port::find("blkhang.stream", "ttyS1", soon(), roots_)) << "no terminal";
}

}  // namespace
}  // namespace blkhang
