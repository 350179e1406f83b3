// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/host_reader.h"

namespace blkhang {

/// A timer that resets the machine unless somebody feeds it.
struct Watchdog {
    std::string name;    ///< "watchdog0"
    std::string driver;  ///< what it calls itself: "iTCO_wdt"
    std::optional<std::int64_t> timeout_s;
    std::string pretimeout;   ///< what it does before: "panic"; empty: nothing
    bool taken = false;       ///< somebody feeds it
    bool no_way_out = false;  ///< who takes it can never stop
    bool state_told = false;  ///< these two could be read
    /// softdog is a timer of the very kernel that may hang.
    [[nodiscard]] bool is_software() const;
};

std::vector<Watchdog> read_watchdogs(HostReader& reader);

}  // namespace blkhang
