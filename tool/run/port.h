// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
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

/// The ways out of a guest: a virtio-serial port for everything, or, where its kernel drives none, a serial port; and a
/// page that QEMU shares for the proof.
class Port final : public EvidenceSink {
public:
    struct Roots {
        std::filesystem::path sys = "/sys";
        std::filesystem::path dev = "/dev";
    };
    /// The virtio-serial port of this name. The driver learns of its ports some time after it was inserted, so this
    /// waits for it until the deadline; where there is no such driver, or no port by then, it is the serial port.
    static Result<Port> find(std::string_view name, std::string_view serial, Deadline deadline, const Roots& roots);
    explicit Port(Fd fd, bool is_serial = false) : fd_(std::move(fd)), is_serial_(is_serial) {}

    /// A guest should have one.
    void add_page(Result<ProofPage> page) { page_ = std::move(page); }

    /// Writes the observation as one line.
    void send(const Observation& observation) override;
    bool send_at_once(std::string_view short_proof) override;
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override;

    /// A slow one, in place of the virtio-serial port?
    [[nodiscard]] bool is_serial() const { return is_serial_; }

private:
    Fd fd_;
    bool is_serial_ = false;
    std::optional<Result<ProofPage>> page_;
};

}  // namespace blkhang
