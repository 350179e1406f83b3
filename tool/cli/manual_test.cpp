// SPDX-License-Identifier: GPL-2.0-only
#include "cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/options.h"

namespace blkhang {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::size_t longest_line(const std::string& page) {
    std::istringstream lines(page);
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);) {
        longest = std::max(longest, line.size());
    }
    return longest;
}

TEST(Manual, EveryPageMentionsEveryOptionAndHasAllSections) {
    for (const Command& command : commands()) {
        SCOPED_TRACE(command.name);
        const std::string page = manual_page(command, false);
        for (const char* section :
             {"NAME\n", "SYNOPSIS\n", "DESCRIPTION\n", "OPTIONS\n", "EXIT STATUS\n", "EXIT STYLES\n", "EXAMPLES\n"}) {
            EXPECT_THAT(page, HasSubstr(section));
        }
        for (const auto& group : {command.options, common_options()}) {
            for (const auto& option : group.options()) {
                EXPECT_THAT(page, HasSubstr("--" + option->long_name()));
                EXPECT_FALSE(option->description().empty()) << option->long_name();
            }
        }
        for (const Command::Positional& positional : command.positionals) {
            EXPECT_THAT(page, HasSubstr(positional.name));
        }
        EXPECT_FALSE(command.examples.empty());
        EXPECT_LE(longest_line(page), 80U);
    }
}

TEST(Manual, OptionsShowTheirShortNameAndTheirParameter) {
    const std::string page = manual_page(report_command(), false);
    EXPECT_THAT(page, HasSubstr("       -o, --output FILE\n"));
    EXPECT_THAT(page, HasSubstr("       --color WHEN\n"));
    EXPECT_THAT(page, HasSubstr("       -q, --quiet\n"));
}

TEST(Manual, EveryPageShowsTheNumbersOfEveryExitStyle) {
    for (const std::string& page : {manual_page(run_command_line(), false), overview_page(commands(), false)}) {
        EXPECT_THAT(page, HasSubstr("       hang, hazard            1       1          1          1\n"));
        EXPECT_THAT(page, HasSubstr("       usage error             2     128          5         99\n"));
        EXPECT_THAT(page, HasSubstr("       inconclusive            3     125          4         77\n"));
    }
}

TEST(Manual, ExamplesAreValidCommandLines) {
    for (const Command& command : commands()) {
        for (const Command::Term& example : command.examples) {
            // What another program writes may come by a pipe.
            const auto pipe = example.tag.rfind("| ");
            std::istringstream words(pipe == std::string::npos ? example.tag : example.tag.substr(pipe + 2));
            std::vector<std::string> arguments;
            for (std::string word; words >> word;) {
                arguments.push_back(word);
            }
            ASSERT_GE(arguments.size(), 2U);
            EXPECT_EQ(arguments[0], "blkhang");
            EXPECT_EQ(arguments[1], command.name);
            arguments.erase(arguments.begin(), arguments.begin() + 2);
            const auto invocation = parse_command_line(command, arguments);
            EXPECT_TRUE(invocation) << example.tag << ": " << invocation.error().message();
        }
    }
}

TEST(Manual, OverviewNamesEveryCommand) {
    const std::string page = overview_page(commands(), false);
    for (const Command& command : commands()) {
        EXPECT_THAT(page, ContainsRegex("\n       " + command.name + "[ \n]"));
        EXPECT_THAT(page, HasSubstr(command.summary.substr(0, command.summary.find(','))));
    }
    EXPECT_LE(longest_line(page), 80U);
    EXPECT_THAT(page, Not(HasSubstr("\x1b")));
    EXPECT_THAT(overview_page(commands(), true), HasSubstr("\x1b[1mNAME"));
}

}  // namespace
}  // namespace blkhang
