// SPDX-License-Identifier: GPL-2.0-only
#include "host/evidence_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/few_of.h"
#include "base/printable.h"
#include "base/sizes.h"
#include "base/words.h"

namespace blkhang {
namespace {

using State = CheckRow::State;

constexpr std::size_t kMostNamed = 5;
// What the kernel says of a task that hangs is KERN_ERR, and its stack KERN_INFO (kernel/hung_task.c,
// sched_show_task()); they come to consoles whose level is above that.
constexpr std::int64_t kLevelOfErrors = 3;
constexpr std::int64_t kLevelOfStacks = 6;

std::vector<std::string> serial_consoles(const LogWays& ways) {
    std::vector<std::string> names;
    for (const LogWays::Console& console : ways.consoles) {
        if (console.enabled && console.is_serial()) {
            names.push_back(console.name);
        }
    }
    return names;
}

bool has_net_console(const LogWays& ways) {
    return std::ranges::any_of(ways.net_consoles, &LogWays::NetConsole::enabled) ||
           std::ranges::any_of(ways.consoles, [](const LogWays::Console& console) {
               return console.enabled && console.name.starts_with("netcon");
           });
}

CheckRow serial_row(const LogWays& ways) {
    const auto serial = serial_consoles(ways);
    if (serial.empty()) {
        return {"serial console", State::note, "none",
                "boot with console=ttyS0,115200 and have a machine or BMC record it"};
    }
    return {"serial console", State::ok, fmt::format("{}", fmt::join(serial, ", ")),
            "is anybody recording it? What nobody reads is lost"};
}

CheckRow net_console_row(const LogWays& ways) {
    std::vector<std::string> targets;
    for (const LogWays::NetConsole& target : ways.net_consoles) {
        targets.push_back(
            fmt::format("{} over {}{}", target.remote, target.device, target.enabled ? "" : " (not enabled)"));
    }
    if (has_net_console(ways)) {
        return {"netconsole", State::ok, targets.empty() ? "loaded" : fmt::format("{}", fmt::join(targets, ", ")),
                "works on while the disks stand still; is it received?"};
    }
    return {"netconsole", State::note, targets.empty() ? "none" : fmt::format("{}", fmt::join(targets, ", ")),
            "the cheapest way out without a BMC: modprobe netconsole netconsole=@/eth0,6666@ADDRESS/MAC"};
}

CheckRow level_row(const LogWays& ways) {
    if (!ways.console_level) {
        return {"console level", State::note, "not known", ""};
    }
    if (*ways.console_level > kLevelOfStacks) {
        return {"console level", State::ok, fmt::format("{}: all about hangs comes to consoles", *ways.console_level),
                ""};
    }
    if (*ways.console_level > kLevelOfErrors) {
        return {"console level", State::note,
                fmt::format("{}: that a task hangs comes to consoles, its stack does not", *ways.console_level),
                "dmesg --console-level info"};
    }
    return {"console level", State::note, fmt::format("{}: nothing about hangs comes to consoles", *ways.console_level),
            "dmesg --console-level info"};
}

CheckRow devkmsg_row(const LogWays& ways) {
    if (ways.devkmsg.empty()) {
        return {"/dev/kmsg", State::note, "its rate limit is not known", ""};
    }
    if (ways.devkmsg == "on") {
        return {"/dev/kmsg", State::ok, "programs may log without limit", ""};
    }
    return {"/dev/kmsg", State::note,
            ways.devkmsg == "off" ? "closed to programs" : "10 lines in 5 s for each time that it is opened",
            "sysctl kernel.printk_devkmsg=on"};
}

/// Which of these would end in a panic if the machine hung as here: none does by itself.
std::string who_panics(const CrashKeepers& keepers) {
    std::vector<std::string> who;
    if (keepers.hung_task_panic.value_or(0) > 0) {
        who.emplace_back("hung_task_panic (blind to tasks that could be killed, as most are in these hangs)");
    }
    if (keepers.softlockup_panic.value_or(0) > 0) {
        who.emplace_back("softlockup_panic (none of these hangs is one)");
    }
    return fmt::format("{}", fmt::join(who, ", "));
}

std::string survives(const std::string& backend) {
    if (backend == "ramoops") {
        return "survives a reset, not a power cut";
    }
    if (backend == "erst" || backend.starts_with("efi")) {
        return "survives resets and power cuts";
    }
    return "what it survives is not known";
}

CheckRow pstore_row(const CrashKeepers& keepers) {
    if (keepers.pstore.empty()) {
        return {"pstore", State::note, "no backend",
                "firmware with ERST, EFI variables (modprobe efi_pstore) or reserved RAM (ramoops) would keep a panic"};
    }
    std::string text = fmt::format("{}: {}; keeps {}", keepers.pstore, survives(keepers.pstore),
                                   keepers.pstore_keeps_log ? "the console's log too" : "only panics and oopses");
    if (keepers.pstore_records > 0) {
        text += fmt::format("; {} record{} of earlier ones", keepers.pstore_records,
                            keepers.pstore_records == 1 ? "" : "s");
    }
    const std::string who = who_panics(keepers);
    return {"pstore", keepers.pstore_keeps_log ? State::ok : State::note, text,
            keepers.pstore_keeps_log ? ""
            : who.empty() ? "a hang is no panic: echo c > /proc/sysrq-trigger makes one, if a shell still goes"
                          : "panics come by " + who};
}

CheckRow kdump_row(const CrashKeepers& keepers) {
    if (keepers.kdump_loaded) {
        return {"kdump", State::ok, "loaded: a panic leaves a dump of memory",
                "a hang is no panic: it takes sysrq-c, as by blkhang watch --panic-on-proof, or an NMI by the BMC with "
                "kernel.unknown_nmi_panic=1"};
    }
    return {"kdump", State::note,
            keepers.kdump_memory > 0 ? fmt::format("not loaded, though {} are reserved",
                                                   format_size(static_cast<std::uint64_t>(keepers.kdump_memory)))
                                     : "not loaded",
            "apt-get install kdump-tools, and boot with crashkernel=256M"};
}

CheckRow panic_row(const CrashKeepers& keepers) {
    if (!keepers.panic_timeout) {
        return {"after a panic", State::note, "not known", ""};
    }
    return *keepers.panic_timeout == 0
               ? CheckRow{"after a panic", State::note, "the machine stands until somebody resets it (kernel.panic=0)",
                          "sysctl kernel.panic=10"}
               : CheckRow{"after a panic", State::ok,
                          *keepers.panic_timeout > 0
                              ? fmt::format("the machine reboots after {} s", *keepers.panic_timeout)
                              : "the machine reboots at once",
                          ""};
}

CheckRow hung_task_row(const CrashKeepers& keepers) {
    if (!keepers.hung_task_timeout) {
        return {"hung tasks", State::note, "this kernel does not look for them", ""};
    }
    if (*keepers.hung_task_timeout == 0) {
        return {"hung tasks", State::note, "not looked for", "sysctl kernel.hung_task_timeout_secs=120"};
    }
    return {"hung tasks", State::ok,
            fmt::format("logged after {} s, but for waits that could be killed: of these hangs, that for "
                        "pcpu_alloc_mutex",
                        *keepers.hung_task_timeout),
            ""};
}

void add_watchdogs(const std::vector<Watchdog>& watchdogs, std::vector<CheckRow>& rows) {
    if (watchdogs.empty()) {
        rows.push_back({"watchdog", State::note, "none",
                        "the board's driver (iTCO_wdt, sp5100_tco, ipmi_watchdog) would reset a machine that hangs"});
    }
    for (const Watchdog& watchdog : watchdogs) {
        rows.push_back(
            {"watchdog", watchdog.is_software() ? State::note : State::ok,
             fmt::format("{}: {}{}{}, {}{}", watchdog.name,
                         watchdog.driver.empty() ? "driver not told" : watchdog.driver,
                         watchdog.timeout_s ? fmt::format(", {} s", *watchdog.timeout_s) : "",
                         watchdog.pretimeout.empty() ? "" : fmt::format(", before that {}", watchdog.pretimeout),
                         watchdog.taken ? "taken: somebody feeds it" : "free", watchdog.no_way_out ? ", nowayout" : ""),
             watchdog.is_software() ? "a timer of the very kernel that would hang"
             : watchdog.taken       ? "whoever feeds it may go on doing so in a hang"
             : watchdog.no_way_out  ? "blkhang watch --watchdog takes none that cannot be stopped"
                                    : fmt::format("blkhang watch --watchdog /dev/{} resets the host for a hang that is "
                                                   "proven and stands",
                                                  watchdog.name)});
    }
}

CheckRow sysrq_row(const LogWays& ways) {
    constexpr std::int64_t kDumps = 8;
    if (!ways.sysrq) {
        return {"sysrq", State::note, "this kernel has none", ""};
    }
    // Writing to /proc/sysrq-trigger is always allowed to root; the mask is for keys
    // (Documentation/admin-guide/sysrq.rst).
    const bool dumps = *ways.sysrq == 1 || (*ways.sysrq & kDumps) != 0;
    return {"sysrq", dumps ? State::ok : State::note,
            fmt::format("{}: keys {} show stacks of blocked tasks (w)", *ways.sysrq, dumps ? "can" : "cannot"),
            dumps ? "" : "sysctl kernel.sysrq=1, for a console or BMC on which SysRq w still works"};
}

CheckRow pmem_row(const CrashKeepers& keepers) {
    if (keepers.pmem.empty()) {
        return {"persistent memory", State::note, "none",
                "on hosts with one disk, RAM kept from the kernel (memmap=8M!ADDRESS) outlives a reset as /dev/pmem0"};
    }
    std::vector<std::string> devices;
    for (const std::string& name : keepers.pmem) {
        devices.push_back("/dev/" + name);
    }
    return {"persistent memory", State::ok, fmt::format("{}", fmt::join(devices, ", ")),
            "needs no disk's queue; of memmap= it outlives a reset, not a power cut"};
}

}  // namespace

std::string evidence_summary(const HostView& view) {
    std::vector<std::string> ways = serial_consoles(view.log_ways);
    if (has_net_console(view.log_ways)) {
        ways.emplace_back("netconsole");
    }
    std::vector<std::string> keepers;
    if (!view.keepers.pstore.empty()) {
        keepers.push_back(view.keepers.pstore + (view.keepers.pstore_keeps_log ? "" : ", if it panics"));
    }
    if (view.keepers.kdump_loaded) {
        keepers.emplace_back("kdump, if it panics");
    }
    if (ways.empty() && keepers.empty()) {
        return "A freeze would leave nothing: the log goes to disks alone, and those stand still.\n";
    }
    const std::string out = ways.empty()
                                ? "would not get out"
                                : fmt::format("would get out by {}, if that is recorded", fmt::join(ways, ", "));
    const std::string kept = keepers.empty() ? "nothing would be kept across a reset"
                                             : fmt::format("kept across a reset by {}", fmt::join(keepers, "; "));
    return printable(fmt::format("Of a freeze the kernel's log {}; {}.", out, kept)) + "\n";
}

std::vector<CheckRow> evidence_rows(const HostView& view) {
    std::vector<CheckRow> rows{serial_row(view.log_ways),  net_console_row(view.log_ways), level_row(view.log_ways),
                               devkmsg_row(view.log_ways), hung_task_row(view.keepers),    pstore_row(view.keepers),
                               kdump_row(view.keepers),    panic_row(view.keepers)};
    add_watchdogs(view.watchdogs, rows);
    rows.push_back(sysrq_row(view.log_ways));
    rows.push_back(pmem_row(view.keepers));
    return rows;
}

std::vector<CheckRow> cgroup_rows(const HostView& view) {
    const CgroupOrder& order = view.cgroups;
    std::vector<CheckRow> rows;
    const bool systemd = order.first_process == "systemd";
    std::vector<std::string> parts;
    if (!order.on_v1.empty()) {
        parts.push_back(fmt::format("{} on v1", fmt::join(order.on_v1, " ")));
    }
    if (!order.offered.empty()) {
        parts.push_back(
            fmt::format("{} on v2, of which groups get {}", fmt::join(order.offered, " "),
                        order.handed_down.empty() ? "none" : fmt::format("{}", fmt::join(order.handed_down, " "))));
    }
    rows.push_back({"cgroups", order.layout == CgroupOrder::Layout::none ? State::note : State::ok,
                    fmt::format("{}{}{}", to_string(order.layout), parts.empty() ? "" : ": ", fmt::join(parts, "; ")),
                    ""});
    if (order.layout == CgroupOrder::Layout::none) {
        return rows;
    }
    rows.push_back(systemd
                       ? CheckRow{"their owner", State::note, "systemd",
                                  "groups made beside it lose io.max at the next daemon-reload: systemd-run --scope -p "
                                  "Delegate=yes makes one that does not"}
                       : CheckRow{"their owner", State::ok,
                                  fmt::format("nobody: process 1 is {}",
                                              order.first_process.empty() ? "not known" : order.first_process),
                                  ""});
    if (!order.delegated.empty()) {
        rows.push_back(
            {"delegated", State::ok, fmt::format("{}", fmt::join(few_of(order.delegated, kMostNamed), ", ")), ""});
    }
    return rows;
}

}  // namespace blkhang
