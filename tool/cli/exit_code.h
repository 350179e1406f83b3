// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "judge/judge.h"

namespace blkhang {

enum class Outcome;  // report/compare/compare.h

/// How the program ends; the values are those of the plain style.
enum class ExitCode { ok = 0, bad_kernel = 1, usage = 2, inconclusive = 3, unsupported = 4, broken = 5 };

/// Whose rules the exit status follows.
enum class ExitStyle { plain, bisect, kselftest, autotools };
/// As --exit-style takes them, in their order.
inline constexpr auto kExitStyleNames = std::to_array<std::string_view>({"plain", "bisect", "kselftest", "autotools"});

/// Nothing when there is no such style.
std::optional<ExitStyle> exit_style_from(std::string_view name);

ExitCode exit_code(Verdict verdict);
ExitCode exit_code(Fault fault);
/// good: 0; fails: 1; nothing shown: 3.
ExitCode exit_code(Outcome outcome);

/// The number for exit(3).
int exit_status(ExitCode code, ExitStyle style);

}  // namespace blkhang
