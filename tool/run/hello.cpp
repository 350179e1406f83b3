// SPDX-License-Identifier: GPL-2.0-only
#include "run/hello.h"

#include <sys/utsname.h>

#include "base/clock.h"
#include "build_version.h"
#include "machine/fingerprints.h"
#include "run/engine.h"

namespace blkhang {

seen::Hello hello_of_this_kernel() {
    utsname name{};
    ::uname(&name);
    return {monotonic_ns(), name.release, name.version,   name.machine,
            kVersion,       kCommit,      kernel_taint(), gather_fingerprints()};
}

}  // namespace blkhang
