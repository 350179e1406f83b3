// SPDX-License-Identifier: GPL-2.0-only
#include "lab/accelerator.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

// A real QEMU, but nothing that could boot: it must be found out, not waited for.
TEST(Accelerator, WhatIsNoKernelDoesNotBoot) {
    const auto dir = TempDir::make("accelerator-test").value();
    ASSERT_TRUE(write_file(dir.path() / "vmlinuz", "no kernel"));
    const auto before = monotonic_ns();
    const auto boots = boots_with(Accelerator::tcg, dir.path() / "vmlinuz", Deadline::after(std::chrono::seconds(3)));
    if (!boots) {
        GTEST_SKIP() << boots.error().message();
    }
    EXPECT_FALSE(*boots);
    EXPECT_LT(monotonic_ns() - before, 8'000'000'000U);
}

}  // namespace
}  // namespace blkhang
