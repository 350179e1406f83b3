// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "publish/scrub/find.h"

namespace blkhang {

/// The address or UUID of what begins exactly at `begin`, by its form alone: 01:52:54:00:ab:cd:ef is a MAC address
/// after the type of its hardware.
std::optional<IdentitySpan> address_at(std::string_view text, std::size_t begin);

/// 0000:00:1f.2
bool is_pci_slot(std::string_view text);

}  // namespace blkhang
