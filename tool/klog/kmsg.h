// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blkhang {

/// A record of /dev/kmsg: one message of the kernel.
struct KmsgRecord {
    std::uint64_t at_ns;  ///< since boot, by the clock of the kernel's log
    int level;            ///< 0 (emergency) to 7 (debug)
    std::string text;     ///< its first line, escapes as they stand
};

/// Parses `prefix,sequence,microseconds,flags;text`. Nothing if it is not that.
std::optional<KmsgRecord> parse_kmsg(std::string_view record);

}  // namespace blkhang
