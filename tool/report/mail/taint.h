// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace blkhang {

/// "12288 (O: module from outside the tree; E: unsigned module)", "0 (not tainted)".
std::string taint_words(std::uint64_t taint);

/// Before and after the run, what came up in it, and a caution where the kernel was not the maintainers' alone.
std::string taint_paragraph(std::uint64_t before, std::optional<std::uint64_t> after);

}  // namespace blkhang
