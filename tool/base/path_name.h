// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace blkhang {

/// Of a name that becomes part of a path; several of them still fit into the 255 bytes that file systems allow.
inline constexpr std::size_t kLongestPathName = 64;

/// May `name`, which somebody else chose, become one component of a path? Letters, digits and `. _ + ~ -`, 1 to
/// `longest` of them, and neither a dot nor a dash first: it is no way up, no hidden file and no option.
bool is_path_name(std::string_view name, std::size_t longest = kLongestPathName);

/// The same as an error: `what` is what the name belongs to, such as "the release in the image's header".
Status check_path_name(std::string_view name, std::string_view what, Fault fault,
                       std::size_t longest = kLongestPathName);

/// The text with a dash in place of all that is no letter, no digit, and not in `kept`: what a name is made of that is
/// put together from others.
std::string dashed(std::string text, std::string_view kept);

}  // namespace blkhang
