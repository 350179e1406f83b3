// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace blkhang {

inline constexpr std::size_t kMailColumns = 75;

/// A mail as a template gave it, brought into form. The header up to the first empty line stays. After it, lines side
/// by side are one paragraph, broken to kMailColumns anew; each that begins with "- " is a paragraph with a hanging
/// indent; those that begin with a space stay as they are, such as tables, stacks and commands. Two empty lines in a
/// row become one.
std::string laid_out_mail(std::string_view text);

/// "To: A,\n B,\n" and so on; lines go on after a space. Nothing if there are no addresses.
std::string address_header(std::string_view name, const std::vector<std::string>& addresses);

/// What others said (tasks, kernels, files), on one line of printable characters, and never a command to a bot or a
/// mail program, nor a trailer such as Acked-by, wherever the line is broken.
std::string foreign(std::string_view text);

}  // namespace blkhang
