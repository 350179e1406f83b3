// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "base/result.h"

// The one place that includes toml++: every file has to see it with the same settings.

namespace blkhang::toml_settings {
/// Some of the library's assertions fail for texts that are wrong, such as "[.": in a release they would be promises to
/// the compiler that are not kept, otherwise the end of the program. Here they throw, in every build.
[[noreturn]] void assertion_failed(const char* what);
}  // namespace blkhang::toml_settings

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(...) \
    ((__VA_ARGS__) ? static_cast<void>(0) : ::blkhang::toml_settings::assertion_failed(#__VA_ARGS__))
// A failure is a value here as everywhere.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace blkhang {

/// What the text says; it need not outlive this call. The error is `FILE:LINE:COLUMN: not valid TOML: ...`, its fault
/// usage.
Result<toml::table> parse_toml(std::string_view text, std::string_view file_name);

}  // namespace blkhang
