// SPDX-License-Identifier: GPL-2.0-only
#include "machine/log_ways.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/file.h"
#include "base/words.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

}  // namespace

bool LogWays::Console::is_serial() const {
    // Names of drivers of UARTs and of what stands for one in a guest or a firmware.
    constexpr std::array<std::string_view, 6> kSerial{"ttyS", "ttyAMA", "ttyUSB", "hvc", "uart", "pl11"};
    return std::ranges::any_of(kSerial, [&](std::string_view kind) { return name.starts_with(kind); });
}

LogWays read_log_ways(HostReader& reader) {
    const HostRoots& roots = reader.roots();
    LogWays ways;
    // `ttyS0                -W- (EC  p a)    4:64`; E: enabled.
    for (const std::string& line : reader.lines(roots.proc / "consoles")) {
        const auto flags = line.find('(');
        const auto end = line.find(')');
        const auto words = words_of(line);
        if (!words.empty() && flags != std::string::npos && end != std::string::npos) {
            ways.consoles.push_back({words.front(), line.substr(flags, end - flags).find('E') != std::string::npos});
        }
    }
    const fs::path targets = roots.sys / "kernel/config/netconsole";
    for (const std::string& name : reader.names(targets)) {
        ways.net_consoles.push_back({reader.text(targets / name / "dev_name"),
                                     reader.text(targets / name / "remote_ip"),
                                     reader.text(targets / name / "enabled") == "1"});
    }
    // Built in or a module: it has a console of its own as long as it has a target.
    ways.netconsole_loaded = is_there(roots.sys / "module/netconsole") ||
                             std::ranges::any_of(ways.consoles, [](const LogWays::Console& console) {
                                 return console.name.starts_with("netcon");
                             });
    ways.devkmsg = reader.text(roots.proc / "sys/kernel/printk_devkmsg");
    ways.console_level = reader.number(roots.proc / "sys/kernel/printk");
    ways.sysrq = reader.number(roots.proc / "sys/kernel/sysrq");
    return ways;
}

}  // namespace blkhang
