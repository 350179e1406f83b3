// SPDX-License-Identifier: GPL-2.0-only
#include "run/relay.h"

#include <utility>

#include "judge/dispatch.h"

namespace blkhang {

Relay::Relay(Judge judge, std::uint64_t lasting_ns, Send send)
    : judge_(std::move(judge)), digest_(lasting_ns), send_(std::move(send)) {}

void Relay::take_in(const Observation& observation) {
    if (const auto* counters = std::get_if<seen::Counters>(&observation)) {
        take_in(seen::Counters{*counters});
    } else {
        pass(observation);
    }
}

void Relay::take_in(seen::Counters counters) {
    counters.lost_events += judge_.left_out();  // who does not know of them outside knows at least that they were
    pass(std::move(counters));
}

void Relay::pass(const Observation& observation) {
    // What a look says of a wait is lost on whoever does not know of the wait, and a proof that it contradicts may
    // leave room for another one.
    if (is_one_of<seen::BlockedTask>(observation)) {
        send(digest_.rest());
    }
    // For how long something stood is judged by the time that came before its end, out there as in here. Counters may
    // tell of a loss, and what was lost may be an end; a look bears out or contradicts what was proven before it.
    const bool needs_time = is_one_of<seen::Wake, seen::Freeze, seen::Counters, seen::BlockedTask>(observation);
    const auto* wait = std::get_if<seen::Wait>(&observation);
    const bool leaves = digest_.note(observation, wait != nullptr && judge_.tells_new_nesting(*wait));
    if (leaves && needs_time) {
        send_time();
    }
    judge_.observe(observation);
    if (leaves) {
        send_(observation);
    }
}

void Relay::time_is(std::uint64_t now_ns) { judge_.observe(seen::Tick{now_ns}); }

void Relay::report(seen::Counters counters, std::uint64_t now_ns) {
    send(digest_.lasting(now_ns));
    take_in(std::move(counters));
    time_is(now_ns);
    send_time();
}

seen::Proof Relay::proof_of(const Deadlock& deadlock, std::uint64_t detected_ns) {
    return {deadlock.closed_ns, detected_ns, digest_.waits_of(pids_of(deadlock)), judge_.freezes_of(deadlock)};
}

void Relay::send_rest() {
    send(digest_.rest());
    sent_time_ns_ = judge_.now_ns();
    send_(seen::Tick{sent_time_ns_});  // for how long they have stood
}

void Relay::send(const std::vector<seen::Wait>& waits) {
    for (const auto& wait : waits) {
        send_(wait);
    }
    for (const auto& observation : digest_.correction_of_owner()) {
        send_(observation);
    }
}

void Relay::send_time() {
    if (judge_.now_ns() > sent_time_ns_) {
        sent_time_ns_ = judge_.now_ns();
        send_(seen::Tick{sent_time_ns_});
    }
}

}  // namespace blkhang
