// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

/// At white space, or at `separator`; empty parts are left out.
std::vector<std::string> words_of(std::string_view text);
std::vector<std::string> parts_of(std::string_view text, char separator);
/// Without white space around it.
std::string stripped(std::string_view text);

/// Is it one of the words of a text, which white space separates, as lists in kernel files are?
bool has_word(const std::string& text, std::string_view word);

/// Appends what the list does not hold yet.
void add_once(std::vector<std::string>& list, const std::string& item);

/// How a task is named to people, in every text and page alike: "kswapd0[38]".
std::string task_name(std::string_view comm, std::int32_t pid);

/// "once", "2 times".
std::string times(std::uint64_t count);

}  // namespace blkhang
