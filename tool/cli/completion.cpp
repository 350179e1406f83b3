// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"
#include "base/shown.h"
#include "cli/command.h"
#include "cli/shells.h"

namespace blkhang {
namespace {

Result<ExitCode> completion(const Invocation& invocation) {
    const std::string& wanted = invocation.text("SHELL");
    std::vector<std::string> names;
    for (const Shell& shell : kShells) {
        if (shell.name == wanted) {
            print(Shown::lines(shell.completion(commands())));
            return ExitCode::ok;
        }
        names.emplace_back(shell.name);
    }
    return fail(Error(Fault::usage, fmt::format("no completion for '{}'{}", wanted, did_you_mean(wanted, names)))
                    .hint(fmt::format("there is one for {}", fmt::join(names, " and one for "))));
}

}  // namespace

Command completion_command() {
    return {
        .name = "completion",
        .summary = "print a script that completes command lines in a shell",
        .synopsis = {"SHELL"},
        .description =
            {"Writes a script for SHELL, bash or zsh, that completes subcommands, options, and what options "
             "take as far as it is known: profiles, planted bugs, kernels, formats, keys of profiles, files. It "
             "is made from the tables that command lines are parsed by, and does not run blkhang.",
             "The Debian package and `cmake --install` put both where the shells look for them."},
        .sections = {},
        .exit_status = {{"0", "the script was written"}, {"2", "there is none for that shell"}},
        .examples = {{"blkhang completion bash",
                      "for this bash, which needs bash-completion: source <(blkhang completion bash)"},
                     {"blkhang completion zsh", "for zsh: keep it as _blkhang in a directory of its fpath"}},
        .positionals = {{"SHELL", true}},
        .options = {},
        .run = completion,
    };
}

}  // namespace blkhang
