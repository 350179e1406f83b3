// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace blkhang {

/// A line of a log without what was put before the kernel's own words.
struct BareLine {
    std::string_view text;  ///< trimmed
    /// Who printed it: of PRINTK_CALLER "T848" or "C1", of vendors' kernels "811:modprobe"; else empty.
    std::string_view caller;
    std::optional<std::uint64_t> at_ns;  ///< since boot; of other times nothing
    /// By a clock on the wall, as far as the line tells a date: good for telling how far apart two lines of a log are.
    std::optional<std::uint64_t> clock_ns;
    bool has_prefix = false;  ///< there was a time, a level or the name of a program
    bool is_foreign = false;  ///< another program than the kernel wrote it
    /// Of records of /dev/kmsg and netconsole: what is missing between two can be told.
    std::optional<std::uint64_t> sequence = {};
    /// Bytes of the whole record where this is but a piece of it, as netconsole sends long ones (`ncfrag=`); else 0.
    /// The text of a piece is not trimmed.
    std::size_t piece_of = 0;
};

/// Takes off what consoles, dmesg (-r, -x, -T, -H, -e, -d, --time-format iso), /dev/kmsg, netconsole, journalctl (all
/// of its short forms), syslog daemons, containers, mail programs, grep and cat -n put before a line of the kernel's
/// log, in whatever order, and also the rest of a time stamp whose beginning was not copied.
BareLine bare_line(std::string_view line);

}  // namespace blkhang
