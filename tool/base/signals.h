// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// From now on SIGINT, SIGTERM and SIGHUP only set a flag and cut short the system call that waits (no SA_RESTART), so
/// that the run ends in good order. Call once, early. SIGQUIT still ends the program at once.
void catch_interrupts();

/// Has one of them arrived since catch_interrupts()?
bool interrupted();

}  // namespace blkhang
