// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

/// What stands in a collector's directory.
namespace blkhang {

inline constexpr const char* kHostsDirectory = "hosts";            ///< HOST/RUN/ below it
inline constexpr const char* kNetconsoleDirectory = "netconsole";  ///< a text for each address
/// Among the lines of a run, where datagrams are missing: no observation, and so ignored by whoever does not know it.
inline constexpr std::string_view kGapLine = R"({"t":"gap"})";

}  // namespace blkhang
