// SPDX-License-Identifier: GPL-2.0-only
#include "base/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(WordsOf, AreBetweenWhiteSpace) { EXPECT_THAT(words_of(" a\tb  c\n"), ElementsAre("a", "b", "c")); }

TEST(PartsOf, AreThoseThatAreNotEmpty) { EXPECT_THAT(parts_of("a,,b c", ','), ElementsAre("a", "b c")); }

TEST(Stripped, KeepsWhatIsBetween) {
    EXPECT_EQ(stripped("\t a b\r\n"), "a b");
    EXPECT_EQ(stripped(" \n"), "");
}

TEST(HasWord, WholeWordsOnly) {
    EXPECT_TRUE(has_word("cpuset cpu io memory\n", "io"));
    EXPECT_TRUE(has_word("cpuset cpu io memory\n", "memory"));
    EXPECT_FALSE(has_word("cpuset iolatency", "io"));
    EXPECT_FALSE(has_word("[none] mq-deadline", "none"));
    EXPECT_FALSE(has_word("", "io"));
}

TEST(AddOnce, KeepsOrderAndNoDoubles) {
    std::vector<std::string> list{"b"};
    add_once(list, "a");
    add_once(list, "b");
    EXPECT_EQ(list, (std::vector<std::string>{"b", "a"}));
}

TEST(TaskName, IsCommandAndPid) { EXPECT_EQ(task_name("kswapd0", 38), "kswapd0[38]"); }

TEST(Times, AreCountedFromTwoOn) {
    EXPECT_EQ(times(0), "0 times");
    EXPECT_EQ(times(1), "once");
    EXPECT_EQ(times(2), "2 times");
}

}  // namespace
}  // namespace blkhang
