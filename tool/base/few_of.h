// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace blkhang {

/// So many problems of one kind are told: whoever mends those has understood the others.
inline constexpr std::size_t kFew = 20;

/// The first of these messages, and a last one that says how many more there are: at most `most` in all.
std::vector<std::string> few_of(std::vector<std::string> messages, std::size_t most = kFew);

}  // namespace blkhang
