// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "stage/ledger.h"
#include "stage/roots.h"
#include "stage/syscalls.h"

namespace blkhang {

/// What it takes to change a machine: where its files are, the calls for what is no file, and who is told before. All
/// outlive it.
struct Staging {
    const Roots& roots;
    Ledger& ledger;
    Syscalls& calls;
};

}  // namespace blkhang
