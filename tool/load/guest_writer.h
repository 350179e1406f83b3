// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "profile/profile.h"

namespace blkhang {

/// All that the program of a virtual machine of the load does: writes to its disk past the page cache, some
/// blocks at once, and says kWroteOne for each on its first serial port. Returns only if it cannot, once it has said
/// why.
void write_as_guest(const Profile& profile);

}  // namespace blkhang
