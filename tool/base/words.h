// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// Is it one of the words of a text, which white space separates, as lists in kernel files are?
bool has_word(const std::string& text, std::string_view word);

/// Appends what the list does not hold yet.
void add_once(std::vector<std::string>& list, const std::string& item);

}  // namespace blkhang
