// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/listener.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace blkhang {
namespace {

constexpr int kReceiveBuffer = 8 << 20;
constexpr int kAtOnce = 256;  // before anything else is looked at

}  // namespace

Result<Listener> Listener::open(const NetworkAddress& address) {
    Fd socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int size = kReceiveBuffer;
    const int on = 1;
    if (!socket.valid()) {
        return fail_errno("a socket");
    }
    // As much as may be had; without the right to more, what is usual.
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
        static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
    }
    static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.address), address.size) != 0) {
        return fail(Error::from_errno(errno, fmt::format("listening at {}", to_string(address)), Fault::usage)
                        .hint("name an address of this machine, and a port that nobody uses"));
    }
    return Listener(std::move(socket));
}

Result<NetworkAddress> Listener::address() const {
    NetworkAddress address;
    address.size = sizeof address.address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address.address), &address.size) != 0) {
        return fail_errno("getsockname");
    }
    return address;
}

Status Listener::receive(std::chrono::milliseconds patience,
                         const std::function<void(std::string_view, const std::string&)>& take) const {
    pollfd polled{socket_.get(), POLLIN, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno != EINTR) {
        return fail_errno("waiting for datagrams");
    }
    if (ready <= 0) {
        return {};
    }
    std::array<char, 2048> buffer{};
    for (int i = 0; i < kAtOnce; ++i) {
        NetworkAddress from;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control{};
        iovec part{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_name = &from.address;
        message.msg_namelen = sizeof from.address;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(socket_.get(), &message, 0);
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                return {};
            }
            return fail_errno("receiving datagrams");
        }
        for (const cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr;
             one = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(one))) {
            if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SO_RXQ_OVFL) {
                std::uint32_t dropped = 0;
                std::memcpy(&dropped, CMSG_DATA(one), sizeof dropped);
                dropped_ = dropped;
            }
        }
        from.size = message.msg_namelen;
        take({buffer.data(), static_cast<std::size_t>(got)}, to_string(from));
    }
    return {};
}

}  // namespace blkhang
