// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "cli/command.h"

namespace blkhang {

/// What a shell can offer for a value of the command line. Nothing of it says that it is all there is.
struct Values {
    enum class Paths { none, files, directories };
    Paths paths = Paths::none;
    std::vector<std::string> words;  ///< one that ends in ':' or '=' is a beginning
    bool list = false;               ///< several of the words, separated by commas
};

/// The short name of an option, "-v"; empty where it has none.
std::string short_name(const boost::program_options::option_description& option);

/// The name of an option's value as help prints it, such as "FILE"; empty where it takes none.
std::string value_name(const boost::program_options::option_description& option);

/// The value may be left out, and is written behind a '=' if it is not.
bool is_value_optional(const boost::program_options::option_description& option);

/// Of an option, by its long name, or of a positional, by its own, which is then also that of its value. Nothing is
/// offered for what only the user knows: a time, a size, an address.
Values values_of(const Command& command, const std::string& option, const std::string& value_name);

}  // namespace blkhang
