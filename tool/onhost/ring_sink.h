// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "record/stream.h"
#include "run/evidence_sink.h"
#include "watch/shared_ring.h"

namespace blkhang {

/// Evidence for the process that records it, over memory that both share. What finds no room waits a little, half a
/// second in all between two that found some; then it is counted as lost.
class RingSink final : public EvidenceSink {
public:
    static constexpr char kLine = 'O';

    explicit RingSink(SharedRing& ring) : ring_(ring) {}

    void send(const Observation& observation) override { put(encode(observation)); }
    /// The reader has it even if we never move again.
    bool send_at_once(std::string_view short_proof) override { return ring_.put(kLine, short_proof); }
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override { return {}; }

private:
    void put(const std::string& line) {
        constexpr auto kRetry = std::chrono::milliseconds(10);
        for (; !ring_.fits(line) && tries_left_ > 0; --tries_left_) {
            std::this_thread::sleep_for(kRetry);
        }
        if (ring_.put(kLine, line)) {
            tries_left_ = kTries;
        }
    }

    static constexpr int kTries = 50;

    SharedRing& ring_;
    int tries_left_ = kTries;
};

}  // namespace blkhang
