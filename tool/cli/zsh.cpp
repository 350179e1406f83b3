// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <algorithm>

#include "cli/options.h"
#include "cli/shells.h"
#include "cli/values.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kZshBegin = R"(#compdef blkhang
# Completes command lines of blkhang in zsh. Made by `blkhang completion zsh`.

_blkhang() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C)";

constexpr std::string_view kZshCommands = R"( \
        '1: :->command' '*:: :->arguments' && return
  case $state in
  command)
    local -a commands=(
)";

constexpr std::string_view kZshEnd = R"(    esac
    ;;
  esac
}

_blkhang "$@"
)";

/// As it may stand between single quotes, in a place where zsh takes `special` for its own signs.
std::string escaped(std::string_view text, std::string_view special) {
    std::string escaped;
    for (const char letter : text) {
        if (letter == '\'') {
            escaped += "'\\''";
            continue;
        }
        if (special.find(letter) != std::string_view::npos) {
            escaped += '\\';
        }
        escaped += letter;
    }
    return escaped;
}

/// Shells show one line for each: the first thing that is said of it.
std::string beginning(const std::string& description) {
    std::size_t end = description.size();
    for (const char* const sign : {"; ", ". ", ": ", " ("}) {
        end = std::min(end, description.find(sign));
    }
    return description.substr(0, end);
}

std::string words(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + escaped(word, ":()\\ ");
    }
    return text;
}

/// The action of _arguments that offers them.
std::string action(const Values& values) {
    if (values.list) {
        return fmt::format("_values -s , word {}", words(values.words));
    }
    const char* const paths = values.paths == Values::Paths::directories ? "_files -/" : "_files";
    if (values.words.empty()) {
        return values.paths == Values::Paths::none ? " " : paths;
    }
    // Nothing is put behind what is only a beginning.
    std::vector<std::string> whole, beginnings;
    for (const std::string& word : values.words) {
        (word.ends_with('=') || word.ends_with(':') ? beginnings : whole).push_back(word);
    }
    std::string offered;
    if (!whole.empty()) {
        offered += fmt::format("compadd -- {}; ", words(whole));
    }
    if (!beginnings.empty()) {
        offered += fmt::format("compadd -S \"\" -- {}; ", words(beginnings));
    }
    return fmt::format("{{ {}{}}}", offered, values.paths == Values::Paths::none ? "" : fmt::format("{}; ", paths));
}

std::string option_line(const Command& command, const po::option_description& option) {
    const std::string name = fmt::format("--{}", option.long_name());
    const std::string brief = short_name(option);
    const std::string value = value_name(option);
    std::string rest = fmt::format("[{}]", escaped(beginning(option.description()), "[]:\\"));
    if (!value.empty()) {
        const bool optional = is_value_optional(option);
        rest = fmt::format("{}{}{}:{}:{}", optional ? "=-" : "=", rest, optional ? ":" : "", escaped(value, ":\\"),
                           action(values_of(command, option.long_name(), value)));
    }
    const std::string repeated = option.semantic()->is_composing() ? "*" : "";
    std::string line = fmt::format("        '{}{}{}'", repeated, name, rest);
    if (!brief.empty()) {
        line += fmt::format(" \\\n        '{}{}{}'", repeated, brief, value.empty() ? rest : rest.substr(1));
    }
    return line;
}

std::string option_lines(const Command& command, const po::options_description& options) {
    std::string text;
    for (const auto& option : options.options()) {
        text += " \\\n" + option_line(command, *option);
    }
    return text;
}

std::string arguments(const Command& command) {
    std::string text =
        "      _arguments -s" + option_lines(command, command.options) + option_lines(command, common_options());
    int place = 0;
    for (const Command::Positional& positional : command.positionals) {
        text += fmt::format(" \\\n        '{}:{}:{}'", positional.repeats ? "*" : std::to_string(++place),
                            positional.name, action(values_of(command, positional.name, positional.name)));
    }
    return text + "\n";
}

}  // namespace

std::string zsh_completion(const std::vector<Command>& commands) {
    std::string text =
        std::string(kZshBegin) + option_lines(no_command(), common_options()) + std::string(kZshCommands);
    for (const Command& command : commands) {
        text += fmt::format("      '{}:{}'\n", command.name, escaped(command.summary, ":\\"));
    }
    text += "    )\n    _describe command commands\n    ;;\n  arguments)\n    case $line[1] in\n";
    for (const Command& command : commands) {
        text += fmt::format("    {})\n{}      ;;\n", command.name, arguments(command));
    }
    return text + std::string(kZshEnd);
}

}  // namespace blkhang
