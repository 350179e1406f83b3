// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "judge/observation.h"
#include "run/evidence_sink.h"
#include "run/proof_page.h"

namespace blkhang {

/// The ways out of a guest: a virtio-serial port for everything, and a page that QEMU shares for the proof.
class Port final : public EvidenceSink {
public:
    /// The virtio-serial port of this name. The driver learns of its ports some time after it was inserted, so this
    /// waits for it until the deadline.
    static Result<Port> find_virtio(std::string_view name, Deadline deadline);
    explicit Port(Fd fd) : fd_(std::move(fd)) {}

    /// A guest should have one.
    void add_page(Result<ProofPage> page) { page_ = std::move(page); }

    /// Writes the observation as one line.
    void send(const Observation& observation) override;
    bool send_at_once(std::string_view short_proof) override;
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override;

private:
    Fd fd_;
    std::optional<Result<ProofPage>> page_;
};

}  // namespace blkhang
