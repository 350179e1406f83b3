// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "judge/judge.h"

namespace blkhang {

inline constexpr std::string_view kBold = "\033[1m";
inline constexpr std::string_view kRed = "\033[1;31m";
inline constexpr std::string_view kGreen = "\033[1;32m";
inline constexpr std::string_view kYellow = "\033[1;33m";
inline constexpr std::string_view kPlain = "\033[0m";  ///< ends any of these

/// The text between ANSI escape sequences if colour is wanted, else as it is.
std::string painted(std::string_view text, std::string_view colour, bool wanted);

/// Red for what is bad about the kernel, green for clean, yellow for what says nothing about it.
std::string_view colour_of(Verdict verdict);

/// "HANG", in its colour if that is wanted.
std::string headline(Verdict verdict, bool colour);

}  // namespace blkhang
