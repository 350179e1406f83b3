// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "cli/options.h"
#include "cli/shells.h"
#include "cli/values.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kBashBegin =
    R"(# Completes command lines of blkhang in bash. Made by `blkhang completion bash`.

# Offers the words, separated by blanks, and files (-f) or directories (-d), if that is said.
_blkhang_offer()
{
    local kind=$1 words=$2
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    case $kind in
        files) _filedir ;;
        directories) _filedir -d ;;
    esac
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace
    __ltrim_colon_completions "$cur"
}

# Offers the next of a list with commas.
_blkhang_offer_list()
{
    local before=
    [[ $cur == *,* ]] && before=${cur%,*},
    COMPREPLY=($(compgen -P "$before" -W "$1" -- "${cur##*,}"))
    compopt -o nospace
    __ltrim_colon_completions "$cur"
}

_blkhang()
{
    local cur prev words cword split
    _init_completion -s -n : || return

    local command= i
    for ((i = 1; i < cword; i++)); do
        case ${words[i]} in
            --color | --exit-style) ((i++)) ;;
            help | -*) ;;
            *)
                command=${words[i]}
                break
                ;;
        esac
    done

    case $command:$prev in
)";

constexpr std::string_view kBashEnd = R"(    esac
} &&
    complete -F _blkhang blkhang
)";

std::string quoted(const std::vector<std::string>& words) { return fmt::format("'{}'", fmt::join(words, " ")); }

/// The statement that offers them.
std::string offer(const Values& values) {
    if (values.list) {
        return fmt::format("_blkhang_offer_list {}", quoted(values.words));
    }
    constexpr const char* kKinds[] = {"words", "files", "directories"};
    return fmt::format("_blkhang_offer {} {}", kKinds[static_cast<int>(values.paths)], quoted(values.words));
}

std::vector<std::string> spellings(const po::option_description& option) {
    std::vector<std::string> spellings = {fmt::format("--{}", option.long_name())};
    if (const std::string brief = short_name(option); !brief.empty()) {
        spellings.push_back(brief);
    }
    return spellings;
}

/// "    PATTERN) STATEMENT ;;", and after it the function ends.
std::string branch(const std::string& pattern, const std::string& statement) {
    return fmt::format("        {})\n            {}\n            return\n            ;;\n", pattern, statement);
}

/// Of each option that takes a value, what may follow it.
std::string value_branches(const Command& command, const po::options_description& options, const std::string& of) {
    std::string text;
    for (const auto& option : options.options()) {
        const std::string name = value_name(*option);
        if (name.empty()) {
            continue;
        }
        std::vector<std::string> patterns;
        for (const std::string& spelling : spellings(*option)) {
            patterns.push_back(fmt::format("{}:{}", of, spelling));
        }
        text +=
            branch(fmt::format("{}", fmt::join(patterns, " | ")), offer(values_of(command, option->long_name(), name)));
    }
    return text;
}

/// What stands for itself: an option, or a positional. Of several positionals the last is offered, which of ours are
/// alike.
std::string own_branch(const Command& command) {
    const std::string positional =
        command.positionals.empty()
            ? ":"
            : offer(values_of(command, command.positionals.back().name, command.positionals.back().name));
    return fmt::format(
        "        {})\n            if [[ $cur == -* ]]; then\n                _blkhang_offer words {}\n            "
        "else\n"
        "                {}\n            fi\n            ;;\n",
        command.name, quoted(option_names(command)), positional);
}

}  // namespace

std::string bash_completion(const std::vector<Command>& commands) {
    std::string text(kBashBegin);
    std::vector<std::string> names = {"help"};
    const Command none = no_command();
    text += value_branches(none, common_options(), "*");
    for (const Command& command : commands) {
        names.push_back(command.name);
        text += value_branches(command, command.options, command.name);
    }
    text += "    esac\n    [[ $split == true ]] && return\n\n    case $command in\n";
    for (const Command& command : commands) {
        text += own_branch(command);
    }
    std::ranges::copy(option_names(none), std::back_inserter(names));
    text += fmt::format("        '')\n            _blkhang_offer words {}\n            ;;\n", quoted(names));
    return text + std::string(kBashEnd);
}

}  // namespace blkhang
