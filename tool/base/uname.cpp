// SPDX-License-Identifier: GPL-2.0-only
#include "base/uname.h"

#include <sys/utsname.h>

namespace blkhang {

Uname uname_here() {
    utsname name{};
    ::uname(&name);
    return {name.nodename, name.release, name.version, name.machine};
}

}  // namespace blkhang
