// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "evidence/block_outlet.h"

namespace blkhang {

/// A datagram fits into one packet of any network, whatever tunnels it goes through.
inline constexpr std::size_t kLongestDatagram = 1200;
/// Where `blkhang collect` listens, unless it is told otherwise.
inline constexpr std::string_view kCollectorPort = "6667";

/// A place on the network: "192.0.2.7:6667", "[2001:db8::7]:6667"; without a port it is kCollectorPort. No names: who
/// looks them up needs others.
struct NetworkAddress {
    sockaddr_storage address{};
    socklen_t size = 0;

    static Result<NetworkAddress> parse(const std::string& text);
    [[nodiscard]] int family() const { return address.ss_family; }
};
std::string to_string(const NetworkAddress& address);

/// Sends each block as a datagram to a collector, and each that belongs to a proof three times, a tenth of a second
/// apart. Waits for nothing: what the network's queue has no room for is lost, as on the way.
class UdpOutlet final : public BlockOutlet {
public:
    static Result<std::unique_ptr<UdpOutlet>> open(const NetworkAddress& collector, std::string_view key);

    [[nodiscard]] Form form() const override { return {kLongestDatagram, false, true, 0}; }
    [[nodiscard]] const Seal& seal() const override { return seal_; }
    [[nodiscard]] std::string_view name() const override { return "collector"; }
    int put(std::string_view bytes, EvidenceBlock::Kind kind, Weight weight) override;
    std::uint64_t tend(std::uint64_t now_ns) override;

private:
    UdpOutlet(Fd socket, std::string_view key) : socket_(std::move(socket)), seal_(Seal::keyed(key)) {}
    int send(std::string_view bytes) const;

    /// A proof with all its stacks has some twenty datagrams.
    static constexpr std::size_t kRepeated = 64;
    struct Repeated {
        std::array<char, kLongestDatagram> bytes;
        std::size_t size = 0;
        unsigned left = 0;  ///< times that it is still to be sent
        std::uint64_t due_ns = 0;
    };

    Fd socket_;
    Seal seal_;
    std::array<Repeated, kRepeated> repeated_{};
    std::size_t next_ = 0;
};

}  // namespace blkhang
