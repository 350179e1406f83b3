// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace blkhang {

/// The page of one subcommand, laid out as a manual page of 80 columns. Options are taken from the grammar itself, so
/// that none can be left out.
std::string manual_page(const Command& command, bool colour);

/// The page of the program: what it is for, its subcommands, how to go on.
std::string overview_page(const std::vector<Command>& commands, bool colour);

}  // namespace blkhang
