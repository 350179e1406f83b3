// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "judge/observation.h"

namespace blkhang {

/// The way out for evidence: a descriptor opened before anything can hang.
class Port {
public:
    /// The virtio-serial port of this name. The driver learns of its ports some time after it was inserted, so this
    /// waits for it until the deadline.
    static Result<Port> find_virtio(std::string_view name, Deadline deadline);
    explicit Port(Fd fd) : fd_(std::move(fd)) {}

    /// Writes the observation as one line. An error is not reported: there is no other way out.
    void send(const Observation& observation);

private:
    Fd fd_;
};

}  // namespace blkhang
