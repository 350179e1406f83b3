// SPDX-License-Identifier: GPL-2.0-only
#include "record/run_identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blkhang {

std::string identity_of(const CellResult& run) {
    return run.started.empty() ? ""
                               : fmt::format("{}\n{}\n{}\n{}\n{}\n{} {} {} {}", run.started, run.label, run.release,
                                             run.subject.profile, run.subject.plant, run.total_s, run.load_s,
                                             run.trials, fmt::join(run.load, " "));
}

}  // namespace blkhang
