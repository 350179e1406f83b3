// SPDX-License-Identifier: GPL-2.0-only
#include "base/shell.h"

#include <gtest/gtest.h>

#include "base/printable.h"
#include "base/process.h"

namespace blkhang {
namespace {

using namespace std::string_literals;
using Starts = std::vector<std::size_t>;

TEST(ShellQuoted, OnlyWhatNeedsIt) {
    EXPECT_EQ(shell_quoted("deb:6.1"), "deb:6.1");
    EXPECT_EQ(shell_quoted("deb:x=6.1~1+b@y"), "'deb:x=6.1~1+b@y'");
    EXPECT_EQ(shell_quoted(""), "''");
    EXPECT_EQ(shell_quoted("it's $(rm)"), "'it'\\''s $(rm)'");
    EXPECT_EQ(shell_quoted("a\n\x1b'\\\xff"), "$'a\\012\\033\\'\\\\\\377'");
}

TEST(ShellQuoted, IsOneWordToAShell) {
    for (const std::string& word : {"a  b"s, "'"s, "-n"s, "a\nb"s, "\x1b[2J"s, "\\"s, "$'x'"s, "\xff'\x9b\\"s,
                                    "é\u202e"s, "$HOME"s, "`id`"s, "*"s, "!!"s, "a\\'b"s, " "s}) {
        const std::string quoted = shell_quoted(word);
        EXPECT_EQ(printable(quoted), quoted);
        EXPECT_EQ(shell_word_starts("x " + quoted + " y"), (Starts{0, 2, quoted.size() + 3})) << quoted;
        const auto echoed =
            command_stdout({"bash", "-c", "printf %s%d " + quoted + " $#"}, Deadline::after(std::chrono::seconds(20)));
        ASSERT_TRUE(echoed) << echoed.error().message();
        EXPECT_EQ(*echoed, word + "0");
    }
}

TEST(ShellWordStarts, BlanksInQuotesAreOfTheWord) {
    EXPECT_EQ(shell_word_starts("ls"), Starts{0});
    EXPECT_EQ(shell_word_starts("cd 'a b'/'c d' x"), (Starts{0, 3, 15}));
    EXPECT_EQ(shell_word_starts("a\\ b c"), (Starts{0, 5}));
    EXPECT_EQ(shell_word_starts(""), Starts{});
    EXPECT_EQ(shell_word_starts("'never closed  "), Starts{0});
}

}  // namespace
}  // namespace blkhang
