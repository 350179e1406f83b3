// SPDX-License-Identifier: GPL-2.0-only
#include "base/out_of_memory.h"

#include <gtest/gtest.h>

#include <new>

namespace blkhang {
namespace {

TEST(OutOfMemory, IsOneLineAndAnExitStatus) {
    EXPECT_EXIT(
        {
            exit_when_out_of_memory(5);
            std::get_new_handler()();
        },
        testing::ExitedWithCode(5), "^blkhang: out of memory\n$");
}

}  // namespace
}  // namespace blkhang
