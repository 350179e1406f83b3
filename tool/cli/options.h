// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace blkhang {

/// The options that every subcommand takes.
boost::program_options::options_description common_options();

/// Those of the command, then the common ones: "--out".
std::vector<std::string> option_names(const Command& command);

/// Parses what follows the subcommand's name. Errors are the user's; an unknown option names the nearest one.
/// Missing positionals are no error when --help is there.
Result<Invocation> parse_command_line(const Command& command, const std::vector<std::string>& arguments);

/// The first argument that is neither an option nor the value of a common one: the subcommand. end() when there is
/// none.
std::vector<std::string>::iterator find_command_name(std::vector<std::string>& arguments);

/// The exit style that the arguments ask for, plain when they are wrong: needed to report that very mistake.
ExitStyle exit_style_in(const std::vector<std::string>& arguments);

/// What --color takes.
inline constexpr auto kColourWords = std::to_array<std::string_view>({"auto", "always", "never"});
/// `when` is one of them. Auto means a terminal that is not a dumb one (`term` is what TERM says, nullptr if
/// nothing), and that the user does not object through NO_COLOR.
bool use_colour(const std::string& when, bool terminal, const char* no_color, const char* term);

}  // namespace blkhang
