// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_text.h"

#include <gtest/gtest.h>

namespace blkhang::kernel_text {
namespace {

TEST(KernelText, TheLastSeparatorEndsTheName) {
    const auto task = named_task("kworker/1:2:87", ':');
    ASSERT_TRUE(task);
    EXPECT_EQ(task->comm, "kworker/1:2");
    EXPECT_EQ(task->pid, 87);
    EXPECT_FALSE(named_task("bash:8x2", ':'));
    EXPECT_FALSE(named_task("bash", ':'));
}

}  // namespace
}  // namespace blkhang::kernel_text
