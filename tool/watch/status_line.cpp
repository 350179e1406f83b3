// SPDX-License-Identifier: GPL-2.0-only
#include "watch/status_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/printable.h"

namespace blkhang {
namespace {

/// "12s", "3m 5s", "2d 4h".
std::string span_in_words(double seconds) {
    const auto all = static_cast<std::uint64_t>(seconds);
    constexpr std::uint64_t kMinute = 60, kHour = 3600, kDay = 86400;
    if (all < kMinute) {
        return fmt::format("{}s", all);
    }
    if (all < kHour) {
        return fmt::format("{}m {}s", all / kMinute, all % kMinute);
    }
    return all < kDay ? fmt::format("{}h {}m", all / kHour, all % kHour / kMinute)
                      : fmt::format("{}d {}h", all / kDay, all % kDay / kHour);
}

std::string findings_in_words(const WatchStatus& status) {
    std::vector<std::string> parts;
    for (const auto& [kind, count] : status.findings) {
        if (count > 0) {
            std::string name = kind == "long_wait" ? "long wait" : kind;
            parts.push_back(fmt::format("{} {}{}", count, name, count == 1 ? "" : "s"));
        }
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::uint64_t count_findings(const WatchStatus& status) {
    std::uint64_t all = 0;
    for (const auto& [kind, count] : status.findings) {
        all += count;
    }
    return all;
}

std::string status_line(const WatchStatus& status, std::size_t columns) {
    std::string line = fmt::format("{}  {}  {} nestings  longest wait {:.1f} s", status.tier,
                                   span_in_words(status.uptime_s), status.edges, status.longest_wait_s);
    if (status.lost_events > 0) {
        line += fmt::format("  lost {}", status.lost_events);
    }
    line += count_findings(status) == 0 ? std::string("  nothing seen")
                                        : fmt::format("  {}: {}", findings_in_words(status), status.last_finding);
    line = printable(line);
    return line.size() > columns ? line.substr(0, columns) : line;
}

std::string closing_line(const WatchStatus& status) {
    const auto lost = status.lost_events == 0
                          ? ""
                          : fmt::format("; events lost: {}, what they would have shown is unknown", status.lost_events);
    if (count_findings(status) == 0) {
        return fmt::format("nothing seen in {} (tier {}, {} waits, the longest {:.1f} s){}",
                           span_in_words(status.uptime_s), status.tier, status.waits, status.longest_ever_s, lost);
    }
    return fmt::format("{} in {}{}", findings_in_words(status), span_in_words(status.uptime_s), lost);
}

}  // namespace blkhang
