// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// The known word that `word` was most likely meant to be: fewest insertions, deletions, replacements and swaps of
/// neighbours, the first one of equals. Nothing when all are too far off to be worth a guess.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

/// "; did you mean 'x'?" to end a message with, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace blkhang
