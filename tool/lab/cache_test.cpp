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

TEST_F(CacheTest, OneThatOthersCanExchangeIsRefused) {
    ::setenv("XDG_CACHE_HOME", (dir_.path() / "a/b").c_str(), 1);
    ASSERT_TRUE(cache_directory());
    fs::permissions(dir_.path() / "a", fs::perms(0777));
    const auto open = cache_directory();
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().fault(), Fault::usage);
    EXPECT_THAT(open.error().message(), testing::HasSubstr((dir_.path() / "a").string()));
    fs::permissions(dir_.path() / "a", fs::perms(01777));
    EXPECT_TRUE(cache_directory()) << "what is ours in a sticky directory stays ours";
    fs::rename(dir_.path() / "a/b", dir_.path() / "a/c");
    fs::create_directory_symlink("c", dir_.path() / "a/b");
    EXPECT_TRUE(cache_directory()) << "a link of ours";
    if (::lchown((dir_.path() / "a/b").c_str(), 65534, 65534) == 0) {
        EXPECT_FALSE(cache_directory()) << "somebody else's";
    }
    ::setenv("XDG_CACHE_HOME", dir_.path().c_str(), 1);
    fs::create_directory_symlink("a/c/blkhang", dir_.path() / "blkhang");
    EXPECT_FALSE(cache_directory()) << "the cache itself is no link";
    ::unsetenv("XDG_CACHE_HOME");
}

TEST_F(CacheTest, OneThatCannotBeMadeIsTheUsersMistake) {
    ASSERT_TRUE(write_file(dir_.path() / "file", ""));
    ::setenv("XDG_CACHE_HOME", (dir_.path() / "file/x").c_str(), 1);
    const auto cache = cache_directory();
    ::unsetenv("XDG_CACHE_HOME");
    ASSERT_FALSE(cache);
    EXPECT_EQ(cache.error().fault(), Fault::usage);
    EXPECT_THAT(cache.error().message(), testing::HasSubstr("XDG_CACHE_HOME"));
}

TEST_F(CacheTest, ALockIsARegularFile) {
    ASSERT_EQ(::mkfifo((dir_.path() / "lock").c_str(), 0600), 0);
    const auto lock = FileLock::try_acquire(dir_.path() / "lock");
    ASSERT_FALSE(lock);
    EXPECT_THAT(lock.error().message(), testing::HasSubstr("a FIFO"));
}

TEST_F(CacheTest, WhatAKilledOneLeftIsClearedUnderTheLock) {
    for (const char* left : {"kernels/x_1.part", "headers/y_1.debs", "modules/z.part/lib", "kernels/x_1"}) {
        fs::create_directories(dir_.path() / left);
    }
    ASSERT_TRUE(lock_cache(dir_.path()));
    for (const char* kind : {"headers", "modules"}) {
        EXPECT_TRUE(fs::is_empty(dir_.path() / kind)) << kind;
    }
    EXPECT_FALSE(fs::exists(dir_.path() / "kernels/x_1.part"));
    EXPECT_TRUE(fs::exists(dir_.path() / "kernels/x_1"));
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
