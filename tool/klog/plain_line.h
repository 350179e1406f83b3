// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

namespace blkhang {

/// A line of a log as the kernel wrote it, out of what terminals, loggers and containers make of its characters:
/// colours and other sequences of terminals go; escapes become what they stand for, be they those of /dev/kmsg (`\x0a`)
/// or of rsyslog (`#012`); of a JSON object of a container's log or a journal its message is taken, and nothing if it
/// is of another program than the kernel. Carriage returns become line breaks, for a serial console may have any number
/// of them: the result can be several lines. It stands in `line` where nothing is to be done, as is usual; else in
/// `room`.
std::string_view plain_line(std::string_view line, std::string& room);

}  // namespace blkhang
