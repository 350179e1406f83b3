// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>
#include <vector>

#include "judge/observation.h"

namespace blkhang {

/// The ways out for evidence, all of them open before anything can hang. While the load runs they create nothing and
/// open nothing.
class EvidenceSink {
public:
    EvidenceSink() = default;
    EvidenceSink(const EvidenceSink&) = delete;
    EvidenceSink& operator=(const EvidenceSink&) = delete;
    EvidenceSink(EvidenceSink&&) = default;
    EvidenceSink& operator=(EvidenceSink&&) = default;
    virtual ~EvidenceSink() = default;

    /// An error is not reported: there is no other way out.
    virtual void send(const Observation& observation) = 0;
    /// A proof in short, by a way that asks nothing of the kernel and so cannot get stuck. False if there is none, or
    /// if it did not fit.
    virtual bool send_at_once(std::string_view short_proof) = 0;
    /// Ways out that there should be and are not.
    [[nodiscard]] virtual std::vector<seen::Tier::Missing> missing() const = 0;
};

}  // namespace blkhang
