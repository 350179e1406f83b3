// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <system_error>

#include "base/descriptors.h"
#include "base/nearest.h"
#include "base/out_of_memory.h"
#include "base/shown.h"
#include "build_version.h"
#include "cli/command.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "run/guest_main.h"

namespace blkhang {
namespace {

/// A message may quote what was given, which may be megabytes: then its beginning and its end will do.
std::string without_middle(const std::string& message) {
    constexpr std::size_t kBeginning = 600, kEnd = 400;
    return message.size() <= kBeginning + kEnd
               ? message
               : fmt::format("{} [...] {}", message.substr(0, kBeginning), message.substr(message.size() - kEnd));
}

ExitCode report(const Error& error) {
    Shown text = shown("blkhang: ");
    for (const std::string& message : error.messages()) {
        text = shown("{}{}\n", text, without_middle(message));
    }
    complain(text);
    return exit_code(error.fault());
}

Error unknown_command(const std::string& name, const std::vector<Command>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const Command& command : all) {
        names.push_back(command.name);
    }
    return Error(Fault::usage, fmt::format("unknown command '{}'{}", name, did_you_mean(name, names)))
        .hint("see: blkhang --help");
}

/// `blkhang help` and `blkhang help COMMAND` are other words for --help.
void take_help_for_an_option(std::vector<std::string>& arguments) {
    if (const auto name = find_command_name(arguments); name != arguments.end() && *name == "help") {
        *name = "--help";
    }
}

/// What --help and --version ask for, if they do.
bool informed(const Invocation& invocation, const std::string& page) {
    if (invocation.flag("help")) {
        print(Shown::painted(page));
        return true;
    }
    if (invocation.flag("version")) {
        print(shown("blkhang {} ({})\n", kVersion, kCommit));
        return true;
    }
    return false;
}

Result<ExitCode> without_command(const std::vector<std::string>& arguments, const std::vector<Command>& all) {
    const auto invocation = parse_command_line(no_command(), arguments);
    if (!invocation) {
        return fail(invocation.error());
    }
    if (informed(*invocation, overview_page(all, invocation->common.colour_out))) {
        return ExitCode::ok;
    }
    return fail(Error(Fault::usage, "a command is missing").hint("see: blkhang --help"));
}

Result<ExitCode> run_cli(std::vector<std::string> arguments) {
    const std::vector<Command> all = commands();
    take_help_for_an_option(arguments);
    const auto name = find_command_name(arguments);
    if (name == arguments.end()) {
        return without_command(arguments, all);
    }
    const auto command = std::find_if(all.begin(), all.end(), [&](const Command& each) { return each.name == *name; });
    if (command == all.end()) {
        return fail(unknown_command(*name, all));
    }
    arguments.erase(name);
    const auto invocation = parse_command_line(*command, arguments);
    if (!invocation) {
        return fail(invocation.error());
    }
    if (informed(*invocation, manual_page(*command, invocation->common.colour_out))) {
        return ExitCode::ok;
    }
    setup_log(invocation->common.verbosity, invocation->common.colour_err);
    return command->run(*invocation);
}

/// Is it about a name that was given, rather than about the machine?
bool unusable(const std::error_code& code) {
    return code == std::errc::filename_too_long || code == std::errc::not_a_directory ||
           code == std::errc::is_a_directory || code == std::errc::no_such_file_or_directory ||
           code == std::errc::permission_denied || code == std::errc::too_many_symbolic_link_levels ||
           code == std::errc::read_only_file_system || code == std::errc::invalid_argument;
}

/// In a container anything may be process 1; only a guest that we made holds a job as well.
bool is_guest_init() {
    constexpr pid_t kInit = 1;
    return getpid() == kInit && access("/blkhang/job.json", F_OK) == 0;
}

}  // namespace

Command no_command() {
    return {.name = "",
            .summary = "",
            .synopsis = {},
            .description = {},
            .sections = {},
            .exit_status = {},
            .examples = {},
            .positionals = {},
            .options = {},
            .run = nullptr};
}

std::vector<Command> commands() {
    return {check_command(),   watch_command(),    profiles_command(), run_command_line(),
            matrix_command(),  cell_command(),     compare_command(),  minimize_command(),
            report_command(),  findings_command(), diagnose_command(), collect_command(),
            recover_command(), prepare_command(),  cleanup_command(),  completion_command()};
}

int cli_main(int argc, char** argv) {
    if (is_guest_init()) {
        guest_main();
    }
    open_standard_descriptors();
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no further is an error that is said, not our end
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    exit_when_out_of_memory(exit_status(ExitCode::broken, exit_style_in(arguments)));
    Result<ExitCode> code = ExitCode::broken;
    try {
        code = run_cli(arguments);
    } catch (const std::filesystem::filesystem_error& error) {
        code = fail(Error(unusable(error.code()) ? Fault::usage : Fault::broken,
                          fmt::format("{}: {}", error.path1().string(), error.code().message())));
    } catch (const std::exception& exception) {  // from a library, and a mistake of ours
        code = fail_within(Error(Fault::broken, exception.what()), "this should not happen");
    }
    if (auto all = printed(); code && !all) {
        code = fail(all.error());
    }
    return exit_status(code ? *code : report(code.error()), exit_style_in(arguments));
}

}  // namespace blkhang
