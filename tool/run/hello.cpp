// SPDX-License-Identifier: GPL-2.0-only
#include "run/hello.h"

#include "base/clock.h"
#include "base/uname.h"
#include "build_version.h"
#include "machine/fingerprints.h"
#include "run/engine.h"

namespace blkhang {

seen::Hello hello_of_this_kernel() {
    const Uname name = uname_here();
    return {monotonic_ns(), name.release, name.version,   name.machine,
            kVersion,       kCommit,      kernel_taint(), gather_fingerprints()};
}

}  // namespace blkhang
