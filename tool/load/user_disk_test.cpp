// SPDX-License-Identifier: GPL-2.0-only
#include "load/user_disk.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/file.h"

namespace blkhang {
namespace {

constexpr std::size_t kBlock = 4096;

/// The driver's end of the conversation.
class ServeRequests : public testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        kernel_.reset(ends[0]);
        server_end_.reset(ends[1]);
        ASSERT_TRUE(write_file(dir_.path() / "disk", std::string(4 * kBlock, 'a')));
        backing_.reset(::open((dir_.path() / "disk").c_str(), O_RDWR | O_CLOEXEC));
        server_ = std::thread([this] {
            serve_requests(server_end_.get(), backing_.get(), [this] { ++before_writes_; });
            server_end_.reset();
        });
    }
    void TearDown() override {
        kernel_.reset();
        server_.join();
    }
    void ask(std::uint32_t type, std::uint64_t from, std::uint32_t length, const std::string& data = "") {
        nbd_request request{};
        request.magic = htobe32(NBD_REQUEST_MAGIC);
        request.type = htobe32(type);
        request.from = htobe64(from);
        request.len = htobe32(length);
        std::memcpy(&request.handle, "12345678", sizeof request.handle);
        ASSERT_TRUE(write_all(kernel_.get(), {reinterpret_cast<const char*>(&request), sizeof request}));
        ASSERT_TRUE(write_all(kernel_.get(), data));
    }
    std::string hear(std::size_t size) {
        std::string data(size, '\0');
        const auto got = ::recv(kernel_.get(), data.data(), size, MSG_WAITALL);
        data.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return data;
    }
    /// Error of the reply, which must be to our request.
    std::uint32_t reply() {
        nbd_reply reply{};
        const std::string heard = hear(sizeof reply);
        EXPECT_EQ(heard.size(), sizeof reply);
        std::memcpy(&reply, heard.data(), heard.size());
        EXPECT_EQ(be32toh(reply.magic), NBD_REPLY_MAGIC);
        EXPECT_EQ(std::memcmp(&reply.handle, "12345678", sizeof reply.handle), 0);
        return be32toh(reply.error);
    }

    TempDir dir_ = TempDir::make("user_disk_test").value();
    Fd kernel_, server_end_, backing_;
    int before_writes_ = 0;  // the server's, until it has answered
    std::thread server_;
};

TEST_F(ServeRequests, WhatWasWrittenIsRead) {
    ask(NBD_CMD_WRITE, kBlock, kBlock, std::string(kBlock, 'b'));
    EXPECT_EQ(reply(), 0U);
    EXPECT_EQ(before_writes_, 1);
    ask(NBD_CMD_READ, 0, 2 * kBlock);
    EXPECT_EQ(reply(), 0U);
    EXPECT_EQ(hear(2 * kBlock), std::string(kBlock, 'a') + std::string(kBlock, 'b'));
    EXPECT_EQ(before_writes_, 1) << "a read is answered at once";
}

TEST_F(ServeRequests, ReadingBeyondTheEndIsAnErrorWithoutData) {
    ask(NBD_CMD_READ, 4 * kBlock, kBlock);
    EXPECT_NE(reply(), 0U);
    ask(NBD_CMD_READ, 0, kBlock);
    EXPECT_EQ(reply(), 0U);
    EXPECT_EQ(hear(kBlock), std::string(kBlock, 'a'));
}

TEST_F(ServeRequests, DisconnectingEndsIt) {
    ask(NBD_CMD_DISC, 0, 0);
    EXPECT_EQ(hear(1), "") << "the server closed its end";
}

}  // namespace
}  // namespace blkhang
