// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "watch/last_resort.h"
#include "watch/own_process.h"

namespace blkhang {

struct WatchdogPage;

/// A process that holds a watchdog, stopped, and starts it if the watch wants a reset and is alive (hold_policy.h). It
/// outlives the watch: what it does when that dies, is killed or stopped, is to give the watchdog back and to say so in
/// the kernel's log. Told what to do over a page of memory that is shared and locked.
///
/// The watchdog is not fed from the start on, as it would be by others: one that is would bite as well if its feeder
/// were killed, or stopped with all its cgroup, which proves no hang.
class WatchdogHolder {
public:
    /// Forks it. From here until the watch ends it has the watchdog. To be called before anything is forked that
    /// watches, by the process that was started.
    static Result<WatchdogHolder> start(const std::filesystem::path& path);
    WatchdogHolder(WatchdogHolder&&) noexcept;
    WatchdogHolder& operator=(WatchdogHolder&&) = delete;
    WatchdogHolder(const WatchdogHolder&) = delete;
    WatchdogHolder& operator=(const WatchdogHolder&) = delete;
    /// Ends it, waiting for a moment.
    ~WatchdogHolder();

    /// From now on it is told that the process that was started is alive: by a thread that does nothing else, so that
    /// it also is where that process waits for a disk. To be called once all is forked.
    Status begin_beating();
    /// By the process that watches, each time that it goes round.
    void watcher_is_alive();
    /// In the process that watches.
    std::unique_ptr<LastResort> resort() const;
    /// What the process that was started has to tell: that the watchdog is no longer held, and why. Once.
    std::optional<std::string> news();

private:
    struct Heart;
    WatchdogHolder(std::shared_ptr<WatchdogPage> page, std::string path, OwnProcess process);

    std::shared_ptr<WatchdogPage> page_;
    std::string path_;
    OwnProcess process_;
    std::unique_ptr<Heart> heart_;
    bool told_ = false;
};

}  // namespace blkhang
