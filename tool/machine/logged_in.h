// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "machine/facts.h"

namespace blkhang {

/// Who is logged in on terminals other than ours, as utmp(5) tells: "alice on tty2", each once. Nobody where there is
/// no such file.
std::vector<std::string> logged_in(const HostRoots& roots);

}  // namespace blkhang
