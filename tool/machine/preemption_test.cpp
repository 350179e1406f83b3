// SPDX-License-Identifier: GPL-2.0-only
#include "machine/preemption.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace blkhang {
namespace {

constexpr std::string_view kDynamic = "#1 SMP PREEMPT_DYNAMIC Debian 7.2.12-1";

TEST(Preemption, TheModelChosenCountsNotTheOnesOnOffer) {
    EXPECT_FALSE(preempts_in_kernel("none (voluntary) full \n", kDynamic));
    EXPECT_FALSE(preempts_in_kernel("(none) voluntary full \n", kDynamic));
    EXPECT_TRUE(preempts_in_kernel("none voluntary (full) \n", kDynamic));
    EXPECT_TRUE(preempts_in_kernel("full (lazy) \n", kDynamic));
}

TEST(Preemption, WithoutAChoiceTheVersionTells) {
    EXPECT_FALSE(preempts_in_kernel("", "#1 SMP Debian 5.10.262-1 (2026-07-31)"));
    EXPECT_TRUE(preempts_in_kernel("", "#1 SMP PREEMPT Wed Jan 1"));
    EXPECT_TRUE(preempts_in_kernel("", "#1 SMP PREEMPT_RT Debian 6.1"));
}

TEST(Preemption, AChoiceThatCannotBeReadCountsAsYes) { EXPECT_TRUE(preempts_in_kernel("", kDynamic)); }

TEST(Preemption, ReadsBothFilesBelowTheirRoots) {
    const auto directory = TempDir::make("preemption");
    ASSERT_TRUE(directory) << directory.error().message();
    const HostRoots roots{.proc = directory->path() / "proc", .sys = directory->path() / "sys", .dev = "/dev"};
    EXPECT_TRUE(preempts_in_kernel(roots)) << "nothing is known";
    const auto put = [](const std::filesystem::path& path, const char* text) {
        std::filesystem::create_directories(path.parent_path());
        ASSERT_TRUE(write_file(path, text));
    };
    put(roots.proc / "sys/kernel/version", "#1 SMP Debian\n");
    EXPECT_FALSE(preempts_in_kernel(roots));
    put(roots.sys / "kernel/debug/sched/preempt", "none voluntary (full)\n");
    EXPECT_TRUE(preempts_in_kernel(roots));
}

}  // namespace
}  // namespace blkhang
