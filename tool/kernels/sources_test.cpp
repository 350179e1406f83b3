// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/sources.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(SourceOf, TheLongestBeginningCounts) {
    EXPECT_EQ(source_of("pcpu_alloc_noprof"), "mm/percpu.c");
    EXPECT_EQ(source_of("bfq_init_queue"), "block/bfq-iosched.c");
    EXPECT_EQ(source_of("bfq_pd_alloc"), "block/bfq-cgroup.c");
    EXPECT_EQ(source_of("blk_mq_sched_insert"), "block/blk-mq-sched.c");
    EXPECT_EQ(source_of("blk_mq_submit_bio"), "block/blk-mq.c");
    EXPECT_EQ(source_of("do_syscall_64"), "");
    EXPECT_EQ(source_of(""), "");
}

}  // namespace
}  // namespace blkhang
