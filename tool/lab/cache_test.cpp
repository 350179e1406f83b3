// SPDX-License-Identifier: GPL-2.0-only
#include "lab/cache.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"

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

TEST_F(CacheTest, IsNobodyElsesWhateverTheUmask) {
    ::setenv("XDG_CACHE_HOME", (dir_.path() / "new").c_str(), 1);
    const mode_t before = ::umask(0);
    const auto cache = cache_directory();
    const Status published = publish_directory(dir_.path() / "new/blkhang/kernels/x", [](const fs::path& scratch) {
        fs::create_directories(scratch / "lib");
        return command_stdout({"sh", "-c", "mkdir d && echo > d/f"}, Deadline::after(std::chrono::seconds(10)),
                              {.directory = scratch, .environment = {}, .input = {}})
            .and_then([&](const std::string&) { return write_file(scratch / "lib/f", ""); });
    });
    ::umask(before);
    ::unsetenv("XDG_CACHE_HOME");
    ASSERT_TRUE(cache) << cache.error().message();
    ASSERT_TRUE(published) << published.error().message();
    int entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path() / "new")) {
        EXPECT_EQ(entry.status().permissions() & fs::perms(0022), fs::perms::none) << entry.path();
        ++entries;
    }
    EXPECT_EQ(entries, 7);
}

TEST_F(CacheTest, OneThatOthersCanChangeIsRefused) {
    fs::create_directories(dir_.path() / "blkhang");
    ::setenv("XDG_CACHE_HOME", dir_.path().c_str(), 1);
    for (const auto mode : {0777U, 0775U, 01777U}) {
        fs::permissions(dir_.path() / "blkhang", fs::perms(mode));
        const auto cache = cache_directory();
        ASSERT_FALSE(cache) << mode;
        EXPECT_EQ(cache.error().fault(), Fault::usage);
        EXPECT_THAT(cache.error().message(), testing::HasSubstr("can be changed by other users"));
    }
    fs::permissions(dir_.path() / "blkhang", fs::perms(0755));
    EXPECT_TRUE(cache_directory());
    if (::chown((dir_.path() / "blkhang").c_str(), 65534, 65534) == 0) {
        EXPECT_FALSE(cache_directory()) << "that of somebody else";
    }
    ::unsetenv("XDG_CACHE_HOME");
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
    EXPECT_EQ(content_key(""), "e3b0c44298fc1c149afbf4c8996fb924");
    EXPECT_EQ(content_key("a"), "ca978112ca1bbdcafac231b39a23dc4d");
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
