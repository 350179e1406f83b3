// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "evidence/surviving_run.h"

namespace blkhang {

/// One run from two ways that its evidence went: what either has. A gap in one is closed by the other's lines, unless
/// that has one there, too.
SurvivingRun joined(const SurvivingRun& one, const SurvivingRun& other);

/// Whoever knows when a run began that was cut off, in ns since 1970, wants none of those before it.
void leave_out_before(std::uint64_t time_ns, std::vector<SurvivingRun>& runs);

/// Of all runs that survived, the last one of a boot that is over, from all ways on which it came, and what is known of
/// the others.
struct RunChoice {
    std::optional<SurvivingRun> run;            ///< nothing if all are of this boot, or there are none
    std::optional<std::uint64_t> next_boot_ns;  ///< when that host was started again, since 1970, if a later run tells
    std::vector<std::string> others;            ///< in words
};
/// `now`: the boot that goes on; its runs are not over. `host`: whose runs; empty for this machine's, or if none is,
/// for those of the only host there is. Fault::usage if that does not say which.
Result<RunChoice> choose_run(const std::vector<SurvivingRun>& runs, const EvidenceId& now, const std::string& host,
                             std::string_view this_host);

}  // namespace blkhang
