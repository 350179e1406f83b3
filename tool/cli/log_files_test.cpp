// SPDX-License-Identifier: GPL-2.0-only
#include "cli/log_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/limits.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LogFiles : public testing::Test {
protected:
    std::string file(const std::string& name, std::string_view content) {
        const auto path = directory_.path() / name;
        EXPECT_TRUE(write_file(path, content));
        return path.string();
    }
    Status read(const std::vector<std::string>& paths) {
        return read_logs(paths, {.text = [this](std::string_view name) { names_.emplace_back(name); },
                                 .line = [this](std::string_view line) { lines_.emplace_back(line); }});
    }

    TempDir directory_ = TempDir::make("log-files").value();
    std::vector<std::string> names_, lines_;
};

TEST_F(LogFiles, AreReadLineByLineOneAfterTheOther) {
    const auto first = file("a", "one\n\ntwo");
    const auto second = file("b", "three\n");
    ASSERT_TRUE(read({first, second}));
    EXPECT_THAT(names_, ElementsAre(first, second));
    EXPECT_THAT(lines_, ElementsAre("one", "", "two", "three"));
}

TEST_F(LogFiles, ALineOfAnyLengthIsCut) {
    const std::string longest(limits::kReadAtOnce + 10, 'x');
    ASSERT_TRUE(read({file("a", longest + "\nnext\n")}));
    ASSERT_EQ(lines_.size(), 2U);
    EXPECT_EQ(lines_[0].size(), limits::kLine);
    EXPECT_EQ(lines_[1], "next");
}

TEST_F(LogFiles, WhatIsNoTextSaysHowToMakeSomeOfIt) {
    const auto journal = read({file("system.journal", "LPKSHHRH....")});
    ASSERT_FALSE(journal);
    EXPECT_THAT(journal.error().message(), HasSubstr("journalctl -k --file"));
    EXPECT_FALSE(read({file("a.gz", "\x1f\x8b\x08")}));
    const auto missing = read({(directory_.path() / "none").string()});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().fault(), Fault::usage);
}

}  // namespace
}  // namespace blkhang
