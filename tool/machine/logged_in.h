// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "machine/facts.h"

namespace blkhang {

/// Who is logged in elsewhere than where we are, each once: "alice on tty2" as utmp(5) and logind tell, "bob by sshd"
/// of a session without a terminal. Newer systems have logind's sessions alone. Nobody where there is neither.
std::vector<std::string> logged_in(const HostRoots& roots);

}  // namespace blkhang
