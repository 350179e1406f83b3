// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// From now on the first SIGINT, SIGTERM or SIGHUP only sets a flag and cuts short the system call that waits (no
/// SA_RESTART), so that the run ends in good order. Another SIGINT or SIGTERM, a tenth of a second later or more, ends
/// the program at once, whatever it is doing; its children die with it. Call once, early. SIGQUIT still ends the
/// program at once.
void catch_interrupts();

/// Has one of them arrived since catch_interrupts()?
bool interrupted();

}  // namespace blkhang
