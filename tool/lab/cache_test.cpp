// SPDX-License-Identifier: GPL-2.0-only
#include "lab/cache.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class CacheTest : public testing::Test {
protected:
    TempDir dir_ = TempDir::make("cache-test").value();
};

TEST_F(CacheTest, FollowsXdg) {
    ::setenv("XDG_CACHE_HOME", dir_.path().c_str(), 1);
    const auto cache = cache_directory();
    ::unsetenv("XDG_CACHE_HOME");
    ASSERT_TRUE(cache) << cache.error().message();
    EXPECT_EQ(*cache, dir_.path() / "blkhang");
    EXPECT_TRUE(fs::is_directory(*cache));
}

TEST_F(CacheTest, LockKeepsOthersOutUntilReleased) {
    const fs::path path = dir_.path() / "lock";
    {
        auto first = FileLock::acquire(path, Deadline::after(milliseconds(10)));
        ASSERT_TRUE(first);
        auto second = FileLock::acquire(path, Deadline::after(milliseconds(10)));
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message(), testing::HasSubstr("another blkhang"));
    }
    EXPECT_TRUE(FileLock::acquire(path, Deadline::after(milliseconds(10))));
}

TEST_F(CacheTest, PublishedDirectoryReplacesTheOldOne) {
    const fs::path target = dir_.path() / "kernel";
    fs::create_directories(target);
    ASSERT_TRUE(write_file(target / "damaged", ""));
    ASSERT_TRUE(publish_directory(target, [](const fs::path& scratch) { return write_file(scratch / "good", "x"); }));
    EXPECT_TRUE(fs::exists(target / "good"));
    EXPECT_FALSE(fs::exists(target / "damaged"));
}

TEST_F(CacheTest, FailureLeavesNothingHalfDone) {
    const fs::path target = dir_.path() / "kernel";
    const Status status = publish_directory(target, [](const fs::path& scratch) -> Status {
        EXPECT_TRUE(write_file(scratch / "half", "x"));
        return fail(Fault::broken, "no space");
    });
    EXPECT_FALSE(status);
    EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST(ContentKey, IsStable) {
    EXPECT_EQ(content_key(""), "cbf29ce484222325");
    EXPECT_EQ(content_key("a"), "af63dc4c8601ec8c");
}

TEST(EnsureSpace, KnowsWhatIsThere) {
    EXPECT_TRUE(ensure_space("/", 1));
    const auto room = ensure_space("/", UINT64_MAX);
    ASSERT_FALSE(room);
    EXPECT_THAT(room.error().message(), testing::HasSubstr("no space: "));
    EXPECT_FALSE(ensure_space("/no/such/place", 1));
}

}  // namespace
}  // namespace blkhang
