// SPDX-License-Identifier: GPL-2.0-only
#include "machine/pid_namespace.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

TEST(PidNamespace, NumbersAreThoseOfTheKernelInTheFirstOneAlone) {
    const auto proc = TempDir::make("pid-namespace");
    ASSERT_TRUE(proc);
    const auto own = proc->path() / "self/ns/pid";
    EXPECT_FALSE(has_numbers_of_kernel(proc->path()));  // what cannot be read may be a container
    fs::create_directories(own.parent_path());
    fs::create_symlink("pid:[4026532000]", own);
    EXPECT_FALSE(has_numbers_of_kernel(proc->path()));
    fs::remove(own);
    fs::create_symlink("pid:[4026531836]", own);
    EXPECT_TRUE(has_numbers_of_kernel(proc->path()));
}

}  // namespace
}  // namespace blkhang
