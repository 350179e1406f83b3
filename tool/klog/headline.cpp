// SPDX-License-Identifier: GPL-2.0-only
#include "klog/headline.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/units.h"

namespace blkhang {
namespace {

using namespace kernel_text;
using Kind = LogComplaint::Kind;

bool has_any(std::string_view text, std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(parts, [text](auto part) { return contains(text, part); });
}

/// The first letter settles it for most lines.
bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
    return !text.empty() && std::ranges::any_of(beginnings, [text](auto beginning) {
        return beginning.front() == text.front() && text.starts_with(beginning);
    });
}

/// "[ INFO: ... ]" is how it was before 4.12, "[ BUG: Invalid wait context ]" how it still is.
bool is_lockdep(std::string_view text) {
    return begins_with_any(text, {"WARNING: ", "[ INFO: ", "INFO: ", "[ BUG: Invalid"}) &&
           has_any(text, {"possible circular locking dependency detected", "possible recursive locking detected",
                          "inconsistent lock state", "possible irq lock inversion dependency detected",
                          "lock order detected", "Invalid wait context", "suspicious RCU usage",
                          "bad unlock balance detected", "held lock freed", "lock held when returning to user space"});
}

/// "in I/O wait" is told from 7.1 on, "can't die" by the kernels that syzbot tests.
std::optional<Headline> hung_task(std::string_view text) {
    constexpr std::string_view kSeconds = " seconds.";
    auto line = text;
    if (!skip(line, "INFO: task ")) {
        return std::nullopt;
    }
    for (const std::string_view what :
         {" blocked for more than ", " blocked in I/O wait for more than ", " can't die for more than "}) {
        const auto sides = split(line, what);
        const auto task = sides ? named_task(sides->first, ':') : std::nullopt;
        if (!task) {
            continue;
        }
        const auto end = text.find(kSeconds);
        Headline headline{Kind::hung_task,
                          end == std::string_view::npos ? text : text.substr(0, end + kSeconds.size()),
                          task,
                          {},
                          contains(what, "I/O")};
        if (const auto seconds = leading_count(sides->second); seconds && *seconds <= kNsPerS) {
            headline.blocked_for_ns = *seconds * kNsPerS;
            return headline;
        }
    }
    return std::nullopt;
}

std::optional<Headline> soft_lockup(std::string_view text) {
    const auto rest = after(text, "BUG: soft lockup");
    if (!rest) {
        return std::nullopt;
    }
    if (!contains(*rest, " stuck for ") && !contains(*rest, " detected on CPU#")) {  // the latter until 2.6.2x
        return std::nullopt;
    }
    Headline headline{Kind::soft_lockup, text, {}, {}};
    if (const auto named = after(*rest, "! ["); named && named->ends_with(']')) {
        headline.task = named_task(named->substr(0, named->size() - 1), ':');
    }
    return headline;
}

/// ppc has words of its own.
bool is_hard_lockup(std::string_view text) {
    return contains(text, "Watchdog detected hard LOCKUP on cpu") ||
           (text.starts_with("watchdog: CPU ") && has_any(text, {"Hard LOCKUP", "hard LOCKUP"}));
}

/// Before 3.x the flavour could be absent or have "_state" behind it.
bool is_rcu_stall(std::string_view text) {
    if (!begins_with_any(text, {"rcu", "RCU", "INFO: "})) {
        return false;
    }
    const auto told = after(text, "INFO: ");
    return (told && begins_with_any(*told, {"rcu", "RCU"}) && contains(*told, "detect") && contains(*told, " stall")) ||
           is_starved_kthread(text);
}

bool is_oops(std::string_view text) {
    return begins_with_any(
        text, {"BUG: unable to handle ", "BUG: kernel NULL pointer dereference", "Oops: ", "general protection fault",
               "Unable to handle kernel ", "Internal error: ", "kernel BUG at ", "invalid opcode: ", "double fault: ",
               "divide error: ", "stack segment: ", "traps: PANIC: ", "kernel tried to execute NX-protected page"});
}

/// Where a name stands before what happened; a name has 15 characters, of a worker thread some more.
constexpr std::size_t kFarthest = 80;

std::optional<Kind> after_a_name(std::string_view text) {
    const auto beginning = text.substr(0, kFarthest);
    if (has_any(beginning,
                {": page allocation failure", ": page allocation stalls for ", ": page allocation stall for "})) {
        return Kind::allocation_failure;
    }
    return contains(beginning, "invoked oom-killer: ") ? std::optional(Kind::out_of_memory) : std::nullopt;
}

bool is_io_error(std::string_view text) {
    return (begins_with_any(text, {"blk_update_request: ", "I/O error, dev ", "Buffer I/O error on dev",
                                   "print_req_error: ", "end_request: ", "XFS (", "critical ", "lost page write"}) &&
            has_any(text, {"I/O error", "critical medium error", "critical target error", "critical space"})) ||
           (begins_with_any(text, {"nvme ", "ata", "sd ", "scsi ", "mmc", "virtio_blk ", "block ", "mpt", "megaraid",
                                   "device-mapper: ", "hpsa ", "qla2xxx "}) &&
            has_any(text, {" timeout", "timed out", "timing out command", "controller is down", "frozen",
                           "failed command", "Failing path", "resetting", "reset controller", "task abort",
                           "rejecting I/O to offline device", "I/O error"}));
}

bool is_server_silent(std::string_view text) {
    return (begins_with_any(text, {"nfs: server ", "NFS: server ", "lockd: server ",
                                   "CIFS: ", "CIFS VFS: ", "libceph: ", "ceph: ", "rbd: ", "block nbd", "nbd",
                                   "connection", "session", "LustreError"}) &&
            has_any(text, {"not responding", "timed out", "has not responded", " hung", "socket closed", "session lost",
                           "Connection timed out", "ping timeout", "detected conn error", " down"})) &&
           !contains(text, " OK");
}

std::optional<Headline> without_task(Kind kind, std::string_view text) { return Headline{kind, text, {}, {}}; }

}  // namespace

std::optional<Headline> headline_in(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    // Most lines are none, and their first letter shows it.
    switch (text.front()) {
        case 'I':
        case '[':
        case 'W':
            if (is_lockdep(text)) {
                return without_task(Kind::lockdep, text);
            }
            if (auto hung = hung_task(text)) {
                return hung;
            }
            break;
        case 'B':
        case 'w':
        case 'N':
        case 'C':
            if (auto lockup = soft_lockup(text)) {
                return lockup;
            }
            if (text.starts_with("BUG: workqueue lockup")) {
                return without_task(Kind::workqueue_lockup, text);
            }
            if (is_hard_lockup(text)) {
                return without_task(Kind::hard_lockup, text);
            }
            break;
        case 's':
        case 'S':
            if (begins_with_any(text, {"sysrq: ", "SysRq : "}) && has_any(text, {"Show Blocked State", "Show State"})) {
                return without_task(Kind::blocked_tasks, text);
            }
            break;
        case 'K':
            if (text.starts_with("Kernel panic - ")) {
                return without_task(Kind::panic, text);
            }
            break;
        case 'p':
        case 'P':
            if (begins_with_any(text, {"percpu: ", "PERCPU: "}) && contains(text, "allocation failed, size=")) {
                return without_task(Kind::percpu_failure, text);
            }
            break;
        default:
            break;
    }
    if (is_rcu_stall(text)) {
        return without_task(Kind::rcu_stall, text);
    }
    if (is_oops(text)) {
        return without_task(Kind::oops, text);
    }
    if (const auto kind = after_a_name(text)) {
        return without_task(*kind, text);
    }
    if (is_server_silent(text)) {
        return without_task(Kind::server_silent, text);
    }
    return is_io_error(text) ? without_task(Kind::io_error, text) : std::nullopt;
}

bool is_aside(LogComplaint::Kind kind) { return kind == Kind::io_error || kind == Kind::server_silent; }

bool ends_report(std::string_view text) {
    return begins_with_any(text, {"---[ end ", "------------[ cut here",
                                  "BUG: ", "WARNING: ", "sysrq: ", "SysRq : ", "[ BUG: ", "Mem-Info:", "Linux version ",
                                  "-- Boot ", "-- Reboot ", "INFO: task ", "[ INFO: ", "Out of memory: "});
}

bool begins_boot(std::string_view text) { return begins_with_any(text, {"-- Boot ", "-- Reboot "}); }

bool is_starved_kthread(std::string_view text) { return contains(text.substr(0, kFarthest), "kthread starved for "); }

bool is_cut_headline(std::string_view text) {
    return begins_with_any(
               text, {"task:", "INFO: task", "INFO: rcu", "rcu: INFO:", "WARNING: possible", "WARNING: inconsistent",
                      "WARNING: HARDIRQ", "WARNING: SOFTIRQ", "watchdog: BUG: soft", "BUG: soft lockup",
                      "percpu: allocation", "[ INFO: possible", "but task is", "and this task is"}) ||
           text.ends_with(" is trying to") || text.ends_with(" is trying to acquire");
}

}  // namespace blkhang
