// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/release.h"

namespace blkhang {

/// The flags of an allocation as kernel sources write them: "GFP_KERNEL|__GFP_HIGHMEM|__GFP_NOWARN"; hexadecimal on
/// kernels of whose bits nothing is known here, and what is left over of bits without a name. A kernel of unknown
/// version counts as one of those that are watched.
std::string gfp_in_words(std::uint32_t flags, const std::optional<KernelVersion>& version);

}  // namespace blkhang
