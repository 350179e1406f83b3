// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "lab/line_splitter.h"

namespace blkhang {

/// A running QEMU, told what to do by its machine protocol (QEMU's docs/interop/qmp-spec.txt): one command after the
/// other. Each function waits for its answer, at most until the deadline.
class QemuControl {
public:
    /// `socket`: non-blocking, its far end is QEMU's. Waits until QEMU is ready to be told something.
    static Result<QemuControl> open(Fd socket, Deadline deadline);

    /// The machine stands still, its clock too, and what it wrote to its disks has been written.
    Status stop(Deadline deadline);
    Status go_on(Deadline deadline);
    /// Writes memory, CPUs and devices of a machine that stands still into `file`, from where that stands. What its
    /// disks hold is no part of it.
    Status save(int file, Deadline deadline);
    /// Of a QEMU that goes on from a state: until it has read it. The machine stands still then.
    Status wait_for_state(Deadline deadline);

private:
    explicit QemuControl(Fd socket) : socket_(std::move(socket)) {}
    Result<std::string> next_line(Deadline deadline);
    /// The answer's `return`. `descriptor` goes to QEMU with the command; -1: none does.
    Result<nlohmann::json> ask(std::string_view command, const nlohmann::json& arguments, Deadline deadline,
                               int descriptor = -1);
    /// Until the state, read or written, is complete.
    Status migrated(Deadline deadline);

    Fd socket_;
    std::string unread_;
};

}  // namespace blkhang
