// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>

#include "run/evidence_sink.h"
#include "run/job.h"
#include "run/standing_hang.h"
#include "stage/site.h"

namespace blkhang {

/// Carries out the job at this site, from probes to evidence, and tells all of it, as `hello` has been. A failure is
/// told, too, as Unsupported or Failure; End is left to the caller. A hang that is proven ends the load at once, unless
/// something else is to become of it (standing_hang.h).
void carry_out(const Job& job, const seen::Hello& hello, EvidenceSink& evidence, Site& site,
               const BeginStandingHang& begin_standing_hang = {});

/// Bits of /proc/sys/kernel/tainted.
std::uint64_t kernel_taint();

}  // namespace blkhang
