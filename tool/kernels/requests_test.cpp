// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/requests.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(Requests, AreKnownByTheFunctionThatTheyEnterBy) {
    EXPECT_EQ(request_in("elv_iosched_store"), "writing queue/scheduler");
    EXPECT_EQ(request_in("tg_set_conf_u64"), "writing blkio.throttle.*");
    EXPECT_EQ(request_in("elv_iosched_store2"), "");
    EXPECT_EQ(request_in("pcpu_alloc"), "");
    EXPECT_EQ(request_in(""), "");
}

}  // namespace
}  // namespace blkhang
