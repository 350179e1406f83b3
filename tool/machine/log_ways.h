// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/host_reader.h"

namespace blkhang {

/// Where the kernel's log goes at once, without a disk.
struct LogWays {
    struct Console {
        std::string name;  ///< "ttyS0"
        bool enabled;
        [[nodiscard]] bool is_serial() const;
    };
    struct NetConsole {
        std::string device, remote;  ///< "eth0", "192.0.2.1"
        bool enabled;
    };
    std::vector<Console> consoles;
    std::vector<NetConsole> net_consoles;
    bool netconsole_loaded = false;             ///< also with what was given to the module, which it does not tell
    std::string devkmsg;                        ///< printk_devkmsg: "on", "off", "ratelimit"
    std::optional<std::int64_t> console_level;  ///< only what is below that comes to consoles
    std::optional<std::int64_t> sysrq;          ///< nothing: this kernel has none
};

LogWays read_log_ways(HostReader& reader);

}  // namespace blkhang
