// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/key.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(Key, IsTheContentOfAFileThatOnlyItsOwnerReads) {
    const auto directory = *TempDir::make("key");
    const auto path = directory.path() / "key";
    ASSERT_TRUE(write_file(path, "0123456789abcdef0123456789abcdef\n"));
    ::chmod(path.c_str(), 0600);
    EXPECT_EQ(*read_key(path), "0123456789abcdef0123456789abcdef");
    ::chmod(path.c_str(), 0640);
    ASSERT_FALSE(read_key(path));
    EXPECT_THAT(read_key(path).error().message(), HasSubstr("chmod 600"));
    ::chmod(path.c_str(), 0600);
    ASSERT_TRUE(write_file(path, "short\n"));
    EXPECT_THAT(read_key(path).error().message(), HasSubstr("at least 16 bytes"));
    EXPECT_FALSE(read_key(directory.path() / "nothing"));
    EXPECT_FALSE(read_key("/dev/zero"));
}

}  // namespace
}  // namespace blkhang
