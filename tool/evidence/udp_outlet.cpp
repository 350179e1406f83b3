// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/udp_outlet.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/number.h"
#include "base/printable.h"
#include "base/units.h"

namespace blkhang {
namespace {

constexpr unsigned kTimes = 3;
constexpr std::uint64_t kApartNs = 100 * kNsPerMs;

struct HostAndPort {
    std::string host, port;
};

/// `[v6]:port`, `host:port`; more than one colon without brackets is an IPv6 address without a port.
HostAndPort divided(const std::string& text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end != std::string::npos && (end + 1 == text.size() || text[end + 1] == ':')) {
            return {text.substr(1, end - 1), end + 2 <= text.size() ? text.substr(end + 2) : ""};
        }
    }
    const auto colon = text.find(':');
    if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
        return {text, ""};
    }
    return {text.substr(0, colon), text.substr(colon + 1)};
}

template <class Address>
NetworkAddress as_network_address(const Address& address) {
    NetworkAddress result;
    static_assert(sizeof address <= sizeof result.address);
    std::memcpy(&result.address, &address, sizeof address);
    result.size = sizeof address;
    return result;
}

}  // namespace

Result<NetworkAddress> NetworkAddress::parse(const std::string& text) {
    const HostAndPort parts = divided(text);
    const auto port = number_in<std::uint16_t>(parts.port.empty() ? kCollectorPort : parts.port);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    const auto scope = parts.host.find('%');
    if (port && ::inet_pton(AF_INET, parts.host.c_str(), &four.sin_addr) == 1) {
        four.sin_port = htons(*port);
        return as_network_address(four);
    }
    if (port && ::inet_pton(AF_INET6, parts.host.substr(0, scope).c_str(), &six.sin6_addr) == 1) {
        six.sin6_port = htons(*port);
        six.sin6_scope_id = scope == std::string::npos ? 0 : ::if_nametoindex(parts.host.substr(scope + 1).c_str());
        if (scope == std::string::npos || six.sin6_scope_id != 0) {
            return as_network_address(six);
        }
    }
    return fail(Error(Fault::usage, fmt::format("'{}' is no address and port", printable(text)))
                    .hint(fmt::format("an IP address, and a port if it is not {}: 192.0.2.7, 192.0.2.7:6667, "
                                      "[2001:db8::7]:6667; no name, as nobody may be there to resolve it",
                                      kCollectorPort)));
}

std::string to_string(const NetworkAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (address.family() == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &address.address, sizeof six);
        ::inet_ntop(AF_INET6, &six.sin6_addr, host.data(), host.size());
        return fmt::format("[{}]:{}", host.data(), ntohs(six.sin6_port));
    }
    sockaddr_in four{};
    std::memcpy(&four, &address.address, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, host.data(), host.size());
    return fmt::format("{}:{}", host.data(), ntohs(four.sin_port));
}

Result<std::unique_ptr<UdpOutlet>> UdpOutlet::open(const NetworkAddress& collector, std::string_view key) {
    Fd socket(::socket(collector.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Connected, it has its route and, where the collector is a neighbour, asks for its address with the first sign of
    // life, while there is somebody to answer.
    if (!socket.valid() ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&collector.address), collector.size) != 0) {
        return fail(Error::from_errno(errno, fmt::format("the collector {}", to_string(collector)), Fault::usage));
    }
    return std::unique_ptr<UdpOutlet>(new UdpOutlet(std::move(socket), key));
}

int UdpOutlet::send(std::string_view bytes) const {
    // What the last datagram met (nobody listens there) is reported with the next, which is then not sent.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) {
            return 0;
        }
        if (errno != ECONNREFUSED && errno != EINTR) {
            return errno;
        }
    }
    return errno;
}

int UdpOutlet::put(std::string_view bytes, EvidenceBlock::Kind /*kind*/, Weight weight) {
    if (weight == Weight::proof) {
        Repeated& slot = repeated_.at(next_++ % kRepeated);
        std::memcpy(slot.bytes.data(), bytes.data(), bytes.size());
        slot.size = bytes.size();
        slot.left = kTimes - 1;
        slot.due_ns = monotonic_ns() + kApartNs;
    }
    return send(bytes);
}

std::uint64_t UdpOutlet::tend(std::uint64_t now_ns) {
    std::uint64_t next_ns = UINT64_MAX;
    for (Repeated& slot : repeated_) {
        if (slot.left > 0 && slot.due_ns <= now_ns) {
            static_cast<void>(send({slot.bytes.data(), slot.size}));  // that it did not go out was known the first time
            --slot.left;
            slot.due_ns = now_ns + kApartNs;
        }
        if (slot.left > 0) {
            next_ns = std::min(next_ns, slot.due_ns);
        }
    }
    return next_ns;
}

}  // namespace blkhang
