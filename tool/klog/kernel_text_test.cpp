// SPDX-License-Identifier: GPL-2.0-only
#include "klog/kernel_text.h"

#include <gtest/gtest.h>

namespace blkhang::kernel_text {
namespace {

TEST(KernelText, EveryPrefixIsTakenOff) {
    for (const char* line : {"text", "<6>text", "[    1.234567] text", "<6>[    1.234567] text\r",
                             "[1.2][  T848]  text", "<4>[    1.234567][    C1] text"}) {
        EXPECT_EQ(without_prefix(line).text, "text") << line;
    }
    EXPECT_EQ(without_prefix("[1.2][  T848] text").caller, "T848");
    EXPECT_EQ(without_prefix("[1.2] text").caller, "");
}

TEST(KernelText, WhatOnlyLooksLikeAPrefixStays) {
    for (const char* line : {"[<ffffffff8112f4c5>] pcpu_alloc+0x6f/0x8f1", "[ INFO: inconsistent lock state ]",
                             "<TASK>", "[vda] 524288 blocks", "[unfinished"}) {
        EXPECT_EQ(without_prefix(line).text, line);
    }
}

TEST(KernelText, OnlyWholeEscapesAreUndone) {
    EXPECT_EQ(unescaped(R"(a\x0ab\x5cc)"), "a\nb\\c");
    EXPECT_EQ(unescaped(R"(\x \x5 \xzz)"), R"(\x \x5 \xzz)");
}

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
