// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/bounded_log.h"

#include <gmock/gmock.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(BoundedLog, KeepsTheBeginningAndTheLatest) {
    const auto path = *TempDir::make("bounded-log");
    const auto directory = *Directory::open(path.path());
    BoundedLog log("text", {20, 10}, 0);
    for (const char* line : {"a........\n", "b........\n", "c........\n", "d........\n", "e........\n"}) {
        ASSERT_TRUE(log.append(directory, line));
    }
    EXPECT_EQ(*directory.read("text", 100), "a........\nb........\n");
    EXPECT_EQ(log.files(), 4U);
    EXPECT_THAT(BoundedLog::present(directory, "text", log.files()), ElementsAre(0, 2, 3));
    EXPECT_EQ(*directory.read("text.3", 100), "e........\n");
    EXPECT_FALSE(directory.has("text.1"));
    EXPECT_EQ(log.given_way(), 10U);
}

TEST(BoundedLog, GoesOnBehindAnEarlierWriter) {
    const auto path = *TempDir::make("bounded-log");
    const auto directory = *Directory::open(path.path());
    ASSERT_TRUE(BoundedLog("text", {20, 10}, 0).append(directory, "first\n"));
    BoundedLog log("text", {20, 10}, 1);
    ASSERT_TRUE(log.append(directory, "second\n"));
    EXPECT_EQ(*directory.read("text", 100), "first\n");
    EXPECT_EQ(*directory.read("text.1", 100), "second\n");
    EXPECT_THAT(BoundedLog::present(directory, "text", 2), ElementsAre(0, 1));
}

}  // namespace
}  // namespace blkhang
