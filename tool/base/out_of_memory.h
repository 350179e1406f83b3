// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// From now on, where memory cannot be had this program says so in one line and exits with this status. Left to
/// exceptions, some would end in an abort: libraries allocate in destructors, out of which none can be thrown.
void exit_when_out_of_memory(int status);

}  // namespace blkhang
