// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// Network namespaces that live for as long as this does. Each has its own counters of TCP, UDP, IP and ICMP, 3.2 KiB
/// per possible CPU on 6.1, which for 64 is half of all that it takes (net/ipv4/af_inet.c, ipv4_mib_init_net()).
/// Since 3.0.
class NetNamespaces {
public:
    /// Moves the calling thread into a new one, and keeps that. False if the kernel refused; errno says why.
    bool add();
    /// The kernel takes them apart by and by, on 6.1 within half a second. The one that the thread is in stays.
    void drop() { kept_.clear(); }
    [[nodiscard]] std::size_t count() const { return kept_.size(); }

private:
    std::vector<Fd> kept_;
};

/// Tries whether this process may make one, and changes nothing.
Status try_net_namespace();

}  // namespace blkhang
