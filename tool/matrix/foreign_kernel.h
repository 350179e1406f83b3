// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string_view>

#include "base/result.h"

namespace blkhang {

/// May a kernel be taken that somebody else's cell or matrix names, before anybody said that it is to be trusted? Of
/// Debian's and of the one that runs here: yes. Not one that lies under a path: whoever wrote the cell may have laid it
/// there too, and a tree's own Makefile runs as whoever obtains that kernel. Fault::usage, with what to do.
Status check_foreign_kernel(std::string_view kernel);

}  // namespace blkhang
