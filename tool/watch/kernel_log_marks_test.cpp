// SPDX-License-Identifier: GPL-2.0-only
#include "watch/kernel_log_marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/file.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A regular file stands in for /dev/kmsg: each line replaces the beginning of what was there.
TEST(KernelLogMarks, OneLineForProofKillAndOutcome) {
    const auto directory = TempDir::make("marks");
    ASSERT_TRUE(directory);
    const auto file = directory->path() / "kmsg";
    const auto after = [&](const Observation& observation) {
        EXPECT_TRUE(write_file(file, ""));
        KernelLogMarks(file).send(observation);
        return read_file(file).value_or("unreadable");
    };
    seen::Proof proof{1, 2};
    proof.waits = {{1, 7, "a\nb", Awaited::frozen_queue("vda"), 0, true, {}},
                   {1, 8, "tee", Awaited::percpu_mutex(), 7, false, {}}};
    const auto text = after(proof);
    EXPECT_THAT(text, StartsWith("<3>blkhang: hang proven: "));
    EXPECT_THAT(text, HasSubstr("tee[8] waits for pcpu_alloc_mutex"));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_THAT(after(seen::Kill{1, 8}), HasSubstr("SIGKILL to the process of task 8"));
    EXPECT_THAT(after(seen::Recovery{1, true, "d"}), HasSubstr("the cycle ended: d"));
    EXPECT_EQ(after(seen::Tick{1}), "");
}

TEST(KernelLogMarks, FitIntoOneMessageOfTheKernel) {
    const auto directory = TempDir::make("marks");
    ASSERT_TRUE(directory);
    const auto file = directory->path() / "kmsg";
    ASSERT_TRUE(write_file(file, ""));
    EXPECT_TRUE(KernelLogMarks(file).mark(std::string(5000, 'x')));
    EXPECT_LT(read_file(file).value().size(), 1000U);
}

TEST(KernelLogMarks, SayIfThereIsNone) {
    EXPECT_EQ(KernelLogMarks("/nonexistent/kmsg").missing().size(), 1U);
    EXPECT_FALSE(KernelLogMarks("/nonexistent/kmsg").mark("x"));
}

}  // namespace
}  // namespace blkhang
