// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "run/evidence_sink.h"

namespace blkhang {

/// All ways out at once, in the order in which they are given: what cannot get stuck comes first.
class Fanout final : public EvidenceSink {
public:
    void add(std::unique_ptr<EvidenceSink> sink) { sinks_.push_back(std::move(sink)); }

    void send(const Observation& observation) override {
        for (auto& sink : sinks_) {
            sink->send(observation);
        }
    }
    bool send_at_once(std::string_view short_proof) override {
        bool is_out = false;
        for (auto& sink : sinks_) {
            is_out = sink->send_at_once(short_proof) || is_out;
        }
        return is_out;
    }
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override {
        std::vector<seen::Tier::Missing> all;
        for (const auto& sink : sinks_) {
            for (auto& one : sink->missing()) {
                all.push_back(std::move(one));
            }
        }
        return all;
    }

private:
    std::vector<std::unique_ptr<EvidenceSink>> sinks_;
};

}  // namespace blkhang
