// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace blkhang {

/// For tests: what is taken for a kernel, of the release 1.2.3, as long as nobody boots it.
inline std::string kernel_image() {
    std::string head(0x1000, '\0');
    head.replace(0x202, 4, "HdrS");
    head[0x20f] = 0x02;
    head.replace(0x400, 5, "1.2.3");
    return head;
}

}  // namespace blkhang
