// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "machine/facts.h"
#include "machine/watchdogs.h"

namespace blkhang {

/// Why a watch must not take it, each a sentence; empty if it may: it cannot be stopped again, or is somebody else's.
std::vector<std::string> reasons_against(const Watchdog& watchdog);

/// A hardware watchdog that is ours, stopped. It is closed as one that may be stopped ("magic close"), however this
/// process ends: what the kernel does then is to stop it.
class WatchdogDevice {
public:
    /// `path`: /dev/watchdogN. Taking one starts it for a moment; one that cannot be stopped for certain is not opened.
    /// The error says why it is not taken, and what could be done about that.
    static Result<WatchdogDevice> take(const std::filesystem::path& path, const HostRoots& roots = {});

    /// From now on it counts down, and nobody feeds it. Neither allocates nor opens anything. False: see errno.
    bool start();
    bool stop();
    /// Stops it, leaves it as it was found, and closes it. False if it could not be stopped.
    bool give_back();
    /// How long it takes from start() to the reset.
    [[nodiscard]] int timeout_s() const { return timeout_s_; }

private:
    explicit WatchdogDevice(Fd fd) : fd_(std::move(fd)) {}
    [[nodiscard]] bool allow_stop() const;
    void read_timeout();
    void shorten_timeout();

    Fd fd_;
    int found_timeout_s_ = 0, timeout_s_ = 0;
};

}  // namespace blkhang
