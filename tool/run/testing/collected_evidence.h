// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "run/evidence_sink.h"

namespace blkhang {

/// For tests: keeps what was sent.
class CollectedEvidence final : public EvidenceSink {
public:
    std::vector<Observation> sent;
    std::vector<std::string> at_once;
    bool has_page = true;

    void send(const Observation& observation) override { sent.push_back(observation); }
    bool send_at_once(std::string_view short_proof) override {
        if (has_page) {
            at_once.emplace_back(short_proof);
        }
        return has_page;
    }
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override { return {}; }

    template <class Kind>
    [[nodiscard]] std::vector<Kind> all() const {
        std::vector<Kind> found;
        for (const auto& observation : sent) {
            if (const auto* one = std::get_if<Kind>(&observation)) {
                found.push_back(*one);
            }
        }
        return found;
    }
};

}  // namespace blkhang
