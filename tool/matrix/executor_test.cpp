// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(Executors, EachIsWholeAndThereIsOneOfAName) {
    std::set<std::string_view> names;
    for (const ExecutorKind& kind : executors()) {
        SCOPED_TRACE(kind.name);
        EXPECT_TRUE(names.insert(kind.name).second);
        EXPECT_FALSE(kind.help.empty());
        const auto found = find_executor(kind.name);
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, &kind);
    }
    const ExecutorKind& local = executors().front();
    EXPECT_EQ(local.name, "local");
    EXPECT_FALSE(local.check({{"--partition=lab"}, {}})) << "of another one";
    EXPECT_FALSE(local.check({{}, NodeFiles::shared})) << "of another one";
    ASSERT_TRUE(local.check({}));
    const auto made = local.make({});
    ASSERT_TRUE(made);
    EXPECT_GE((*made)->capacity(1).cells, 1U);
    EXPECT_FALSE((*made)->capacity(1).why.empty());
}

/// One whose row was forgotten is in the program, and nobody can ask for it.
TEST(Executors, WhatIsOneHasARow) {
    constexpr std::string_view kEnd = "_executor";
    std::size_t found = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/matrix")) {
        const auto name = file.path().stem().string();
        if (file.path().extension() == ".h" && name.ends_with(kEnd)) {
            EXPECT_TRUE(find_executor(name.substr(0, name.size() - kEnd.size()))) << name;
            ++found;
        }
    }
    EXPECT_GE(found, 1U);
}

TEST(Executors, OneThatIsUnknownIsTheUsersMistake) {
    const auto unknown = find_executor("cluster");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault(), Fault::usage);
    EXPECT_THAT(unknown.error().message(), HasSubstr("unknown executor 'cluster'"));
}

}  // namespace
}  // namespace blkhang
