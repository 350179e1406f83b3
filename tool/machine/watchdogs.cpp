// SPDX-License-Identifier: GPL-2.0-only
#include "machine/watchdogs.h"

namespace blkhang {

bool Watchdog::is_software() const { return driver == "Software Watchdog" || driver == "softdog"; }

std::vector<Watchdog> read_watchdogs(HostReader& reader) {
    std::vector<Watchdog> watchdogs;
    const auto directory = reader.roots().sys / "class/watchdog";
    for (const std::string& name : reader.names(directory)) {
        const auto of = [&](const char* file) { return reader.text(directory / name / file); };
        Watchdog watchdog{name,
                          of("identity"),
                          reader.number(directory / name / "timeout"),
                          of("pretimeout_governor"),
                          of("state") == "active",
                          of("nowayout") == "1",
                          !of("state").empty() && !of("nowayout").empty()};
        if (of("pretimeout") == "0") {
            watchdog.pretimeout.clear();
        }
        watchdogs.push_back(std::move(watchdog));
    }
    return watchdogs;
}

}  // namespace blkhang
