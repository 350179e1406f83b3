// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "evidence/udp_outlet.h"

namespace blkhang {

/// Where datagrams come in.
class Listener {
public:
    static Result<Listener> open(const NetworkAddress& address);
    /// The address that it listens at: with its port, where any was asked for.
    [[nodiscard]] Result<NetworkAddress> address() const;

    /// Hands on what has come, after having waited for it for so long at most. Of what is longer than any datagram of
    /// ours, the beginning.
    Status receive(std::chrono::milliseconds patience,
                   const std::function<void(std::string_view bytes, const std::string& from)>& take) const;
    /// Datagrams that the kernel had no room for since it was opened, as far as it says so.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    explicit Listener(Fd socket) : socket_(std::move(socket)) {}
    Fd socket_;
    mutable std::uint64_t dropped_ = 0;
};

}  // namespace blkhang
