// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <boost/any.hpp>

#include "base/nearest.h"
#include "cli/terminal.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

// No guessing: an abbreviation that works today is ambiguous after the next release.
constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;

using Values = std::vector<std::string>;

po::options_description all_options(const Command& command) {
    po::options_description all;
    all.add(command.options).add(common_options());
    for (const Command::Positional& positional : command.positionals) {
        const auto* value =
            positional.repeats ? static_cast<const po::value_semantic*>(po::value<Values>()) : po::value<std::string>();
        all.add_options()(positional.name.c_str(), value);
    }
    return all;
}

std::string help_pointer(const Command& command) {
    return command.name.empty() ? "see: blkhang --help" : fmt::format("see: blkhang {} --help", command.name);
}

Error usage_error(const Command& command, std::string message) {
    return Error(Fault::usage, std::move(message)).hint(help_pointer(command));
}

bool is_empty_text(const po::variable_value& value) {
    if (const auto* text = boost::any_cast<std::string>(&value.value())) {
        return text->empty();
    }
    const auto* texts = boost::any_cast<std::vector<std::string>>(&value.value());
    return texts != nullptr && std::ranges::any_of(*texts, [](const std::string& each) { return each.empty(); });
}

/// The first option with nothing for a value, as of a script whose variable is not set; empty if there is none. It must
/// not pass for one that was not given, nor for the working directory, nor for what has no name.
std::string empty_option(const Command& command, const po::variables_map& values) {
    constexpr std::string_view kMayBeEmpty = "slurm-args";  // any number of options
    for (const auto& [name, value] : values) {
        const bool is_positional = std::ranges::any_of(
            command.positionals, [&given = name](const Command::Positional& each) { return each.name == given; });
        if (!is_positional && name != kMayBeEmpty && !value.defaulted() && is_empty_text(value)) {
            return name;
        }
    }
    return {};
}

Error unknown_option(const Command& command, std::string option) {
    option = option.substr(0, option.find('='));
    return usage_error(command,
                       fmt::format("unknown option {}{}", option, did_you_mean(option, option_names(command))));
}

Result<po::variables_map> parse_values(const Command& command, const std::vector<std::string>& arguments) {
    po::positional_options_description positionals;
    for (const Command::Positional& positional : command.positionals) {
        positionals.add(positional.name.c_str(), positional.repeats ? -1 : 1);
    }
    const po::options_description options = all_options(command);
    po::variables_map values;
    try {
        po::store(po::command_line_parser(arguments).options(options).positional(positionals).style(kStyle).run(),
                  values);
    } catch (const po::unknown_option& error) {
        return fail(unknown_option(command, error.get_option_name()));
    } catch (const po::too_many_positional_options_error&) {
        return fail(usage_error(command, "too many arguments"));
    } catch (const po::error& error) {
        return fail(usage_error(command, error.what()));
    }
    return values;
}

Result<bool> colour_wanted(const Command& command, const std::string& when, int fd) {
    if (std::ranges::find(kColourWords, when) == kColourWords.end()) {
        return fail(usage_error(command, fmt::format("--color is auto, always or never, not '{}'", when)));
    }
    return use_colour(when, isatty(fd) == 1, std::getenv("NO_COLOR"), std::getenv("TERM"));
}

}  // namespace

po::options_description common_options() {
    po::options_description options;
    options.add_options()  //
        ("verbose,v", po::bool_switch(), "say what is being done")("quiet,q", po::bool_switch(),
                                                                   "no progress; errors and results only")(
            "color", po::value<std::string>()->value_name("WHEN")->default_value("auto"),
            "auto, always or never; auto means on a terminal, unless NO_COLOR is set or TERM is dumb")(
            "exit-style", po::value<std::string>()->value_name("STYLE")->default_value("plain"),
            "whose rules the exit status follows: plain, bisect (git bisect run), kselftest or autotools")(
            "help,h", po::bool_switch(), "show this page")("version", po::bool_switch(), "show the version");
    return options;
}

std::vector<std::string> option_names(const Command& command) {
    std::vector<std::string> names;
    for (const po::options_description& group : {command.options, common_options()}) {
        for (const auto& option : group.options()) {
            names.push_back(fmt::format("--{}", option->long_name()));
        }
    }
    return names;
}

bool use_colour(const std::string& when, bool terminal, const char* no_color, const char* term) {
    if (when != "auto") {
        return when == "always";
    }
    return terminal && !is_dumb(term) && (no_color == nullptr || *no_color == '\0');
}

std::vector<std::string>::iterator find_command_name(std::vector<std::string>& arguments) {
    for (auto it = arguments.begin(); it != arguments.end(); ++it) {
        if (it->rfind('-', 0) != 0) {
            return it;
        }
        const bool value_follows = *it == "--color" || *it == "--exit-style";
        if (value_follows && std::next(it) != arguments.end()) {
            ++it;
        }
    }
    return arguments.end();
}

ExitStyle exit_style_in(const std::vector<std::string>& arguments) {
    constexpr std::string_view kOption = "--exit-style";
    for (auto it = arguments.begin(); it != arguments.end(); ++it) {
        if (*it == kOption && std::next(it) != arguments.end()) {
            return exit_style_from(*std::next(it)).value_or(ExitStyle::plain);
        }
        if (it->rfind(std::string(kOption) + "=", 0) == 0) {
            return exit_style_from(it->substr(kOption.size() + 1)).value_or(ExitStyle::plain);
        }
    }
    return ExitStyle::plain;
}

Result<Invocation> parse_command_line(const Command& command, const std::vector<std::string>& arguments) {
    auto values = parse_values(command, arguments);
    if (!values) {
        return fail(values.error());
    }
    Invocation invocation{.values = std::move(*values), .common = {}};

    if (!exit_style_from(invocation.text("exit-style"))) {
        return fail(usage_error(command, fmt::format("--exit-style is plain, bisect, kselftest or autotools, not '{}'",
                                                     invocation.text("exit-style"))));
    }
    const auto colour_out = colour_wanted(command, invocation.text("color"), STDOUT_FILENO);
    if (!colour_out) {
        return fail(colour_out.error());
    }
    const auto colour_err = colour_wanted(command, invocation.text("color"), STDERR_FILENO);
    if (!colour_err) {
        return fail(colour_err.error());
    }
    invocation.common.colour_out = *colour_out;
    invocation.common.colour_err = *colour_err;
    if (invocation.flag("verbose") && invocation.flag("quiet")) {
        return fail(usage_error(command, "-v and -q exclude each other"));
    }
    if (invocation.flag("verbose")) {
        invocation.common.verbosity = Verbosity::verbose;
    } else if (invocation.flag("quiet")) {
        invocation.common.verbosity = Verbosity::quiet;
    }
    if (const auto option = empty_option(command, invocation.values); !option.empty()) {
        return fail(usage_error(command, fmt::format("--{} is empty", option)));
    }
    if (!invocation.flag("help") && !invocation.flag("version")) {
        for (const Command::Positional& positional : command.positionals) {
            if (positional.required && !invocation.has(positional.name)) {
                return fail(usage_error(command, fmt::format("{} is missing", positional.name)));
            }
        }
    }
    return invocation;
}

}  // namespace blkhang
