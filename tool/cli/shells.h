// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace blkhang {

/// A script of the shell that completes command lines of blkhang, made from the grammar that parses them, so that it
/// offers what there is. It does not run the program.

/// For bash with the package bash-completion; as share/bash-completion/completions/blkhang.
std::string bash_completion(const std::vector<Command>& commands);

/// For zsh; as _blkhang in a directory of $fpath.
std::string zsh_completion(const std::vector<Command>& commands);

/// A row of the table of shells.
struct Shell {
    std::string_view name;
    std::string (*completion)(const std::vector<Command>& commands);
};
inline constexpr auto kShells = std::to_array<Shell>({{"bash", bash_completion}, {"zsh", zsh_completion}});

}  // namespace blkhang
