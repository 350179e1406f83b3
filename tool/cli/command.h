// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "cli/exit_code.h"

namespace blkhang {

/// What the options common to all subcommands came to.
struct Common {
    Verbosity verbosity = Verbosity::normal;
    bool colour_out = false;  ///< on standard output
    bool colour_err = false;  ///< on standard error
};

/// A command line after parsing.
struct Invocation {
    boost::program_options::variables_map values;
    Common common;

    /// Whether the user wrote it, which has() cannot tell of a switch.
    [[nodiscard]] bool given(const std::string& option) const { return has(option) && !values[option].defaulted(); }
    [[nodiscard]] bool has(const std::string& option) const { return values.count(option) != 0; }
    /// Of an option that was given or has a default.
    [[nodiscard]] const std::string& text(const std::string& option) const { return values[option].as<std::string>(); }
    /// Of one that repeats.
    [[nodiscard]] const std::vector<std::string>& texts(const std::string& name) const {
        return values[name].as<std::vector<std::string>>();
    }
    [[nodiscard]] bool flag(const std::string& option) const { return values[option].as<bool>(); }
};

/// One subcommand: its grammar, its manual page, and what it does.
struct Command {
    struct Positional {
        std::string name;
        bool required;
        bool repeats = false;  ///< takes all that is left
    };
    /// A tagged paragraph.
    struct Term {
        std::string tag, text;
    };
    struct Section {
        std::string title;
        std::vector<Term> terms;
    };

    std::string name;
    std::string summary;                   ///< one line, no full stop
    std::vector<std::string> synopsis;     ///< what follows the name, in pieces that stay on one line
    std::vector<std::string> description;  ///< paragraphs
    std::vector<Section> sections;         ///< more of them, before EXIT STATUS
    std::vector<Term> exit_status;
    std::vector<Term> examples;
    std::vector<Positional> positionals;
    boost::program_options::options_description options;
    Result<ExitCode> (*run)(const Invocation& invocation);
};

Command check_command();
Command profiles_command();
Command run_command_line();
Command matrix_command();
Command cell_command();
Command compare_command();
Command minimize_command();
Command findings_command();
Command report_command();
Command diagnose_command();
Command collect_command();
Command recover_command();
Command prepare_command();
Command cleanup_command();
Command completion_command();
Command watch_command();

/// A command line without a subcommand: the common options alone.
Command no_command();

/// All of them, in the order in which the help lists them.
std::vector<Command> commands();

}  // namespace blkhang
