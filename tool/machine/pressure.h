// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "machine/host_reader.h"

namespace blkhang {

/// How short of memory the host is (Documentation/accounting/psi.rst).
struct Pressure {
    struct Share {
        double avg10 = 0, avg60 = 0, avg300 = 0;  ///< per cent of the time
        double total_s = 0;                       ///< since the boot
    };
    bool known = false;  ///< the kernel tells
    Share some;          ///< at least one task waited for memory
    Share full;          ///< all of them did
};
Pressure read_memory_pressure(HostReader& reader);

}  // namespace blkhang
