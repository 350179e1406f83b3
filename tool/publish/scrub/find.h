// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace blkhang {

/// What can tell whose machine a log is from.
enum class Identity : std::uint8_t { host, user, serial, ipv4, ipv6, mac, uuid };

/// Where in a text one of them stands.
struct IdentitySpan {
    std::size_t begin, end;
    Identity kind;
    bool elsewhere_too = true;  ///< sure enough to be looked for where nothing announces it
};

/// What can be told by its form (addresses, UUIDs, names in domains) or by what stands before it ("hostname=",
/// "/home/", "serial:", the host of a syslog line). In the order of the text, none overlapping. What tells nothing is
/// left out: 127.0.0.1, root, localhost, addresses set aside for documentation, names of public projects' servers, and
/// whatever looks like an address and is a version, a time or a PCI slot.
std::vector<IdentitySpan> find_identities(std::string_view text);

/// Does a member of this name hold an identity, whatever its value looks like?
bool names_identity(std::string_view key);

/// Names of nobody in particular: root, localhost; also the placeholders that stand for names.
bool is_nobody(std::string_view name);

}  // namespace blkhang
