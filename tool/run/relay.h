// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "judge/judge.h"
#include "run/digest.h"

namespace blkhang {

/// Between what is seen in a machine and what leaves it: judges the one and decides on the other, so that who judges
/// what left comes to the same. Pure: no clock, no IO but the sink.
class Relay {
public:
    using Send = std::function<void(const Observation&)>;
    /// `lasting_ns`: how long a wait has to last before it is worth sending.
    Relay(Judge judge, std::uint64_t lasting_ns, Send send);

    /// Something was seen, by the probes or by looking.
    void take_in(const Observation& observation);
    void take_in(seen::Counters counters);
    /// Everything that happened before this time was taken in.
    void time_is(std::uint64_t now_ns);
    /// From time to time: the waits that have lasted by now, all counters, and the time, which goes out last.
    void report(seen::Counters counters, std::uint64_t now_ns);
    /// All that the judgement of a proven deadlock needs, in one line. To be sent now, however it leaves: its waits
    /// count as sent.
    seen::Proof proof_of(const Deadlock& deadlock, std::uint64_t detected_ns);
    /// The open waits that have not been sent, whatever their age.
    void send_rest();
    /// The time up to which everything was taken in, for whoever ends the run.
    void send_time();

    [[nodiscard]] const Judge& judge() const { return judge_; }
    [[nodiscard]] const Digest& digest() const { return digest_; }

private:
    void pass(const Observation& observation);
    void send(const std::vector<seen::Wait>& waits);
    Judge judge_;
    Digest digest_;
    Send send_;
    std::uint64_t sent_time_ns_ = 0;
};

}  // namespace blkhang
