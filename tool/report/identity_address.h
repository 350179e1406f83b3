// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "report/identity_find.h"

namespace blkhang {

/// The address or UUID that begins exactly at `begin`, by its form alone.
std::optional<IdentitySpan> address_at(std::string_view text, std::size_t begin);

/// 0000:00:1f.2
bool is_pci_slot(std::string_view text);

}  // namespace blkhang
