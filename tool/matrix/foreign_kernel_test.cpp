// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/foreign_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::HasSubstr;

TEST(ForeignKernel, OneOfDebianOrOfThisMachineIsNobodysTrap) {
    for (const char* kernel : {"deb:6.1", "deb:6.1,plant=sync-alloc", "deb:linux-image-x=6.1@bookworm", "running"}) {
        EXPECT_TRUE(check_foreign_kernel(kernel)) << kernel;
    }
}

TEST(ForeignKernel, OneUnderAPathIsRefusedWithAWayOn) {
    for (const char* kernel :
         {"tree:/x/evil", "tree:mx/evil", "tree:/x,plant=sync-alloc", "file:/x/bzImage", "file:x,modules=y"}) {
        const Status refused = check_foreign_kernel(kernel);
        ASSERT_FALSE(refused) << kernel;
        EXPECT_EQ(refused.error().fault(), Fault::usage);
        EXPECT_THAT(refused.error().message(), HasSubstr("may be a stranger's"));
        EXPECT_THAT(refused.error().message(), HasSubstr("--trust-kernels"));
    }
}

TEST(ForeignKernel, NonsenseIsNoKernel) { EXPECT_FALSE(check_foreign_kernel("evil")); }

}  // namespace
}  // namespace blkhang
