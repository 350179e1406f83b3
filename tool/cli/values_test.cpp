// SPDX-License-Identifier: GPL-2.0-only
#include "cli/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options.h"
#include "cli/shells.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ValuesTest, AreOfTheOptionInItsCommand) {
    EXPECT_THAT(values_of(report_command(), "format", "FORMAT").words, Contains("kcidb"));
    EXPECT_THAT(values_of(diagnose_command(), "format", "FORMAT").words, testing::Not(Contains("kcidb")));
    EXPECT_EQ(values_of(report_command(), "tree", "DIR").paths, Values::Paths::directories);
    EXPECT_EQ(values_of(run_command_line(), "PROFILE", "PROFILE").paths, Values::Paths::files);
    EXPECT_TRUE(values_of(matrix_command(), "profiles", "LIST").list);
    EXPECT_THAT(values_of(run_command_line(), "duration", "TIME").words, IsEmpty());
}

TEST(ValuesTest, NoWordIsOfferedThatHelpDoesNotName) {
    for (const Command& command : commands()) {
        for (const auto& group : {command.options, common_options()}) {
            for (const auto& option : group.options()) {
                const std::string name = value_name(*option);
                if (name == "FORMAT" || name == "WHEN" || name == "STYLE" || name == "WHICH") {
                    for (const std::string& word : values_of(command, option->long_name(), name).words) {
                        EXPECT_THAT(option->description(), HasSubstr(word)) << command.name;
                    }
                }
            }
        }
    }
}

TEST(ValuesTest, ANameIsThatOfTheHelp) {
    const Command watch = watch_command();
    EXPECT_EQ(value_name(watch.options.find("heal", false)), "dry-run");
    EXPECT_EQ(value_name(watch.options.find("json", false)), "");
    EXPECT_EQ(value_name(report_command().options.find("format", false)), "FORMAT");
}

TEST(ShellsTest, BothKnowEveryCommandAndOption) {
    const std::vector<Command> all = commands();
    for (const std::string& script : {bash_completion(all), zsh_completion(all)}) {
        for (const Command& command : all) {
            EXPECT_THAT(script, HasSubstr(command.name));
            for (const auto& option : command.options.options()) {
                EXPECT_THAT(script, HasSubstr("--" + option->long_name())) << command.name;
            }
        }
    }
}

}  // namespace
}  // namespace blkhang
