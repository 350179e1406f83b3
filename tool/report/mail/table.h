// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "record/tally.h"

namespace blkhang {

/// One side of the table: what its column is called, and its runs.
struct MailColumn {
    std::string name;
    const Tally* tally;
};

/// How often which verdict came, as fail:runs in the manner of the 0-day robot, every line after two spaces. `base` may
/// be null. `others` are what else failed on the kernel of `head`, with other profiles; of these no baseline is known.
std::string fail_runs_table(const MailColumn* base, const MailColumn& head, const std::vector<Tally>& others = {});

}  // namespace blkhang
