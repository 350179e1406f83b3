// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ParseRun : public testing::Test {
protected:
    Result<Invocation> parse(const std::vector<std::string>& arguments) {
        return parse_command_line(command_, arguments);
    }
    std::string error(const std::vector<std::string>& arguments) {
        const auto invocation = parse(arguments);
        if (invocation) {
            return "no error";
        }
        EXPECT_EQ(invocation.error().fault(), Fault::usage);
        return invocation.error().message();
    }

    Command command_ = run_command_line();
};

TEST_F(ParseRun, TakesItsOptionsInAnyOrder) {
    const auto invocation = parse({"--set", "churn.ring=5", "kvm-2011", "--guest=deb:6.1", "--set=probe.tier=kprobe",
                                   "--plant", "sync-alloc", "--json", "-q"});
    ASSERT_TRUE(invocation) << invocation.error().message();
    EXPECT_EQ(invocation->text("PROFILE"), "kvm-2011");
    EXPECT_EQ(invocation->text("guest"), "deb:6.1");
    EXPECT_EQ(invocation->text("plant"), "sync-alloc");
    EXPECT_THAT(invocation->values["set"].as<std::vector<std::string>>(),
                ElementsAre("churn.ring=5", "probe.tier=kprobe"));
    EXPECT_TRUE(invocation->flag("json"));
    EXPECT_FALSE(invocation->flag("dry-run"));
    EXPECT_EQ(invocation->common.verbosity, Verbosity::quiet);
}

TEST_F(ParseRun, UnknownOptionNamesTheNearest) {
    EXPECT_THAT(error({"kvm-2011", "--gest", "deb:6.1"}), HasSubstr("unknown option --gest; did you mean '--guest'?"));
    EXPECT_THAT(error({"kvm-2011", "--quite"}), HasSubstr("--quiet"));
    EXPECT_THAT(error({"kvm-2011", "--json=1"}), HasSubstr("--json"));
}

TEST_F(ParseRun, AbbreviationsAreNotGuessed) { EXPECT_THAT(error({"kvm-2011", "--dur", "5s"}), HasSubstr("--dur")); }

TEST_F(ParseRun, EveryMistakePointsAtTheHelp) {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {},
             {"kvm-2011", "another"},
             {"kvm-2011", "--guest"},
             {"kvm-2011", "--guest", "a", "--guest", "b"},
             {"kvm-2011", "--color", "sometimes"},
             {"kvm-2011", "--exit-style", "posix"},
             {"kvm-2011", "-v", "-q"},
         }) {
        const std::string message = error(arguments);
        EXPECT_THAT(message, HasSubstr("blkhang run --help"));
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
}

TEST_F(ParseRun, WhatIsEmptyDoesNotPassForWhatWasNotGiven) {
    EXPECT_THAT(error({"kvm-2011", "--guest", ""}), HasSubstr("--guest is empty"));
    EXPECT_THAT(error({"kvm-2011", "--set", "churn.ring=5", "--set", ""}), HasSubstr("--set is empty"));
}

TEST_F(ParseRun, HelpNeedsNoProfile) { EXPECT_TRUE(parse({"--help"})); }

TEST(Options, ExitStyleIsFoundAlsoInAWrongCommandLine) {
    EXPECT_EQ(exit_style_in({"run", "--nonsense", "--exit-style", "bisect"}), ExitStyle::bisect);
    EXPECT_EQ(exit_style_in({"--exit-style=autotools", "rnu"}), ExitStyle::autotools);
    EXPECT_EQ(exit_style_in({"run", "--exit-style"}), ExitStyle::plain);
    EXPECT_EQ(exit_style_in({"run", "--exit-style=nonsense"}), ExitStyle::plain);
}

TEST(Options, CommandMayFollowCommonOptions) {
    const auto found = [](std::vector<std::string> arguments) {
        const auto name = find_command_name(arguments);
        return name == arguments.end() ? std::string() : *name;
    };
    EXPECT_EQ(found({"-q", "--color", "never", "run", "kvm-2011"}), "run");
    EXPECT_EQ(found({"--exit-style=bisect", "check"}), "check");
    EXPECT_EQ(found({"--color", "run"}), "") << "it is the value of --color";
    EXPECT_EQ(found({"--help"}), "");
}

TEST(Options, ColourFollowsTheUserThenNoColorThenTheTerminal) {
    EXPECT_TRUE(use_colour("always", false, "1", "dumb"));
    EXPECT_FALSE(use_colour("never", true, nullptr, "xterm"));
    EXPECT_TRUE(use_colour("auto", true, nullptr, nullptr));
    EXPECT_TRUE(use_colour("auto", true, "", "xterm")) << "an empty NO_COLOR does not count";
    EXPECT_FALSE(use_colour("auto", true, "1", "xterm"));
    EXPECT_FALSE(use_colour("auto", true, nullptr, "dumb"));
    EXPECT_FALSE(use_colour("auto", false, nullptr, "xterm"));
}

}  // namespace
}  // namespace blkhang
