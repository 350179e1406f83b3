// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "run/job.h"
#include "run/port.h"

namespace blkhang {

/// Carries out the job on this machine, from probes to evidence, and reports all of it through the port, as `hello` has
/// been. A failure is reported there too, as Unsupported or Failure; End is left to the caller.
void carry_out(const Job& job, const seen::Hello& hello, Port& port);

/// Bits of /proc/sys/kernel/tainted.
std::uint64_t kernel_taint();

}  // namespace blkhang
