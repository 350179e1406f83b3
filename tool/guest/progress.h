// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "judge/judge.h"

namespace blkhang {

/// How far a run is, folded from its observations. Pure.
class RunState {
public:
    explicit RunState(std::chrono::seconds planned_load) : planned_load_(planned_load) {}

    /// A phase begins at this host time. Phases that the guest reports come through observe().
    void enter(std::string phase, std::uint64_t now_ns);
    void observe(const Observation& observation, std::uint64_t now_ns);
    void so_far(const Judgement& judgement);

    [[nodiscard]] const std::string& phase() const { return phase_; }
    /// Without line end, e.g. `load 12/60 s, 1234 IO/s, ...`.
    [[nodiscard]] std::string line(std::uint64_t now_ns) const;

private:
    std::chrono::seconds planned_load_;
    std::string phase_ = "start";
    std::uint64_t phase_since_ns_ = 0;
    std::optional<seen::Counters> counters_;
    double ios_per_s_ = 0;
    double swap_out_per_s_ = 0;  ///< bytes
    std::uint64_t trials_ = 0;
    std::optional<Verdict> verdict_;
};

/// Shows a RunState to the user: on a terminal as one line that is redrawn, elsewhere as a plain line now and then.
class Progress {
public:
    enum class Kind { none, plain, live };

    /// Writes to `fd`, which stays the caller's. `planned_load` is the length of the load phase.
    Progress(int fd, Kind kind, std::chrono::seconds planned_load);
    ~Progress();  ///< takes the line away
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void enter(const std::string& phase);
    void observe(const Observation& observation);
    void so_far(const Judgement& judgement);
    /// Is it time for so_far()? So that the caller need not judge more often than anybody looks.
    [[nodiscard]] bool asks_so_far();

private:
    void redraw_until_stopped();
    void draw();  ///< with the mutex held

    int fd_;
    Kind kind_;
    std::mutex mutex_;  ///< guards all below
    std::condition_variable stop_;
    bool stopped_ = false;
    RunState state_;
    std::uint64_t judged_ns_ = 0;  ///< when it was last asked for
    std::string drawn_phase_;
    std::uint64_t drawn_ns_ = 0;
    std::thread redrawer_;  ///< time passes on the screen also while a guest is silent
};

}  // namespace blkhang
