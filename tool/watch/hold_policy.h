// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>

namespace blkhang {

/// What the process that holds the watchdog sees each time that it looks. Beats count up while whoever gives them is
/// alive and not stopped; 0: it has not begun.
struct HolderView {
    std::uint64_t now_ns = 0;        ///< CLOCK_MONOTONIC, which stands still while the machine is suspended
    std::uint64_t suspended_ns = 0;  ///< so much is CLOCK_BOOTTIME ahead of it
    std::uint64_t watcher_beats = 0, starter_beats = 0;
    bool starter_gone = false;  ///< the process that was started, by whomever, has ended
    bool told_to_end = false;
    bool reset_wanted = false;  ///< by the process that watches
};

/// Decides what is done with a watchdog that is held, stopped, for the case that a hang is proven and stands. Pure: no
/// clock, no device.
///
/// The watchdog runs only while a reset is wanted by a watch that is alive. Whatever else happens (a watch that ended,
/// was killed or stopped, a machine that was suspended, this process having stood still) gives it back for good.
class HoldPolicy {
public:
    enum class Act : std::uint8_t { nothing, start, stop, give_back };
    enum class Reason : std::uint8_t {
        none,
        reset_wanted,      ///< of `start`
        no_longer_wanted,  ///< of `stop`
        told_to_end,       ///< from here on of `give_back`
        starter_gone,
        watcher_stands_still,
        starter_stands_still,
        holder_stood_still,
        suspended
    };
    struct Step {
        Act act = Act::nothing;
        Reason reason = Reason::none;
        std::chrono::nanoseconds lasted{0};  ///< of what stands or stood still, or was suspended
    };

    explicit HoldPolicy(const HolderView& first)
        : latest_(first), watcher_moved_ns_(first.now_ns), starter_moved_ns_(first.now_ns) {}
    Step step(const HolderView& view);
    [[nodiscard]] bool is_running() const { return running_; }

private:
    HolderView latest_;
    std::uint64_t watcher_moved_ns_, starter_moved_ns_;
    bool running_ = false, given_back_ = false;
};

}  // namespace blkhang
