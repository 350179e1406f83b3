// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace blkhang {

/// The service manager that started this process (sd_notify(3)), and the journal (systemd.journal-fields(7)): a
/// datagram each. Never waits: what finds no room is dropped.
class ServiceManager {
public:
    /// As the environment says: $NOTIFY_SOCKET, $WATCHDOG_USEC for $WATCHDOG_PID, $JOURNAL_STREAM. Null where unset.
    struct Environment {
        const char* notify_socket = nullptr;
        const char* watchdog_usec = nullptr;
        const char* watchdog_pid = nullptr;
        const char* journal_stream = nullptr;
        std::string journal_socket = "/run/systemd/journal/socket";
    };
    explicit ServiceManager(const Environment& environment);
    static Environment environment();

    /// Is there one that wants to be told?
    [[nodiscard]] bool is_there() const { return !notify_.empty(); }
    /// Do lines go to the journal?
    [[nodiscard]] bool has_journal() const { return !journal_.empty(); }
    /// "READY=1", "STATUS=..", "WATCHDOG=1", "STOPPING=1". False if it could not be sent.
    bool notify(std::string_view assignment) const;
    /// From one WATCHDOG=1 to the next: half of what it asks for.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_period() const { return watchdog_period_; }
    /// One entry, by fields; values are of one line. False if it could not be sent.
    bool log(const std::map<std::string, std::string>& fields) const;

private:
    bool send(const std::string& path, std::string_view text) const;

    std::string notify_, journal_;
    std::optional<std::chrono::microseconds> watchdog_period_;
    Fd socket_;
};

}  // namespace blkhang
