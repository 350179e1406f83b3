// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/ballast.h"
#include "judge/judge.h"
#include "load/shared.h"
#include "probe/blocked_tasks.h"
#include "probe/watcher.h"
#include "run/evidence_sink.h"
#include "run/guest_tally.h"
#include "run/job.h"
#include "run/meter.h"
#include "run/recovery.h"
#include "run/relay.h"
#include "run/stall_looks.h"
#include "run/standing_hang.h"
#include "stage/site.h"

namespace blkhang {

/// Watches the load until its time is over or a deadlock is proven, and gets the evidence out.
///
/// From supervise() on it neither forks nor opens files nor creates anything in the kernel: what it reads is shared
/// memory and what bpf(2) tells of its programs, what it tells goes out as evidence. Whatever could get stuck runs on
/// the threads of Meter and BlockedTaskFinder.
class Supervisor {
public:
    Supervisor(Watcher& watcher, const LoadCounters& load, GuestTally guests, Meter& meter, BlockedTaskFinder& finder,
               EvidenceSink& evidence, Ballast ballast, Judge judge, Healing healing,
               BeginStandingHang begin_standing_hang = {});

    /// Returns after `duration`, up to `patience` later if coverage is still missing then, up to kLivelockTime after
    /// that while a livelock stands that may yet dissolve; or, after a proof, once its evidence is out, SIGKILL was
    /// tried on the cycle, where healing is allowed, and nothing more becomes of a hang that stands.
    void supervise(std::chrono::seconds duration, std::chrono::seconds patience);
    /// For the load to be gone once it was killed: it ends when the IO does that it waits for, which takes some seconds
    /// on a busy machine.
    static constexpr auto kStopTime = std::chrono::seconds(10);
    /// After that, once the load was told to end: until `is_gone` says that it has, for so long at most. A hang may
    /// close only now, for a task that is killed goes on in the kernel; with one that is proven all goes as before.
    /// Nothing else that is seen meanwhile counts or leaves, for how the load ended was told, but that some of it is
    /// still there then. With a watcher that does not go on watching, that alone.
    void watch_it_stop(const std::function<bool()>& is_gone, std::chrono::milliseconds patience = kStopTime);

private:
    void tell_of_what_is_left();
    void send(const Observation& observation);
    void send_what_was_held_back();
    void drain();
    void drain(Recovery& recovery);
    void take_in(const Observation& observation);
    void supervise_to_the_end(std::chrono::seconds duration, std::chrono::seconds patience);
    bool judge_losses();
    [[nodiscard]] bool livelock_may_become_a_hang() const;
    bool conclude_if_proven();
    void report_progress(std::uint64_t now_ns);
    void look_at_guests(std::uint64_t now_ns);
    [[nodiscard]] seen::Counters all_counters() const;
    void send_counters();
    void send_messages();
    void announce(const Deadlock& deadlock, std::uint64_t detected_ns);
    void look_from_time_to_time(std::uint64_t now_ns);
    void hand_on_what_was_found();
    void look_into_a_stall();
    void look(Look whom, std::chrono::milliseconds patience);
    void gather_evidence(std::vector<std::int32_t> suspects);
    [[nodiscard]] LoadProgress progress() const;
    void list_held_locks();
    void try_to_recover(Recovery recovery);
    void stand_by();

    Watcher& watcher_;
    const LoadCounters& load_;
    GuestTally guests_;
    Meter& meter_;
    BlockedTaskFinder& finder_;
    EvidenceSink& evidence_;
    Ballast ballast_;
    Relay relay_;
    Healing healing_;
    BeginStandingHang begin_standing_hang_;
    std::unique_ptr<StandingHang> standing_hang_;  ///< from the proof on
    StallLooks stall_looks_;
    std::vector<seen::Kmsg> messages_;  ///< room for those of one turn
    bool holds_back_ = false;           ///< what is to leave waits for a proof
    std::vector<Observation> held_back_;
    std::uint64_t last_report_ns_ = 0;
    std::uint64_t looked_at_doubted_ns_ = 0;
    std::uint64_t left_out_ = 0;      ///< waits and freezes beyond what the judge follows
    std::uint64_t lost_events_ = 0;   ///< that were judged
    bool more_load_may_help_ = true;  ///< nothing but coverage is missing
    std::size_t locked_bytes_ = 0;    ///< what this process keeps from the machine it watches
};

}  // namespace blkhang
