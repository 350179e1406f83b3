// SPDX-License-Identifier: GPL-2.0-only
#include "machine/percpu_gfp.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

constexpr std::string_view kHead = "# tracer: nop\n#\n#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n";

std::string line(std::int32_t pid, bool atomic) {
    return "         blkhang-" + std::to_string(pid) + "       [000] .....     1.234567: percpu_alloc_percpu: " +
           "call_site=bpf_map_alloc_percpu+0x4f/0xa0 reserved=0 is_atomic=" + (atomic ? "1" : "0") +
           " size=8 align=8 base_addr=00000000c7a1 off=24 ptr=00000000d1 bytes_alloc=512 gfp_flags=GFP_NOIO\n";
}

TEST(NoioTookMutex, AtomicOnesDoNot) {
    EXPECT_EQ(noio_took_mutex(std::string(kHead) + line(1, true) + line(1, true), 1), false);
    EXPECT_EQ(noio_took_mutex(std::string(kHead) + line(1, true) + line(1, false), 1), true);
}

TEST(NoioTookMutex, OnlyTheTasksOwnTell) {
    EXPECT_EQ(noio_took_mutex(line(17, false) + line(1, true), 1), false);
    EXPECT_EQ(noio_took_mutex(line(17, false) + line(71, false), 1), std::nullopt);
}

TEST(NoioTookMutex, NothingTellsNothing) { EXPECT_EQ(noio_took_mutex("", 1), std::nullopt); }

TEST(NoioPercpuTakesMutex, AKernelThatCannotBeAskedTellsNothing) {
    EXPECT_EQ(noio_percpu_takes_mutex("/nonexistent"), std::nullopt);
}

}  // namespace
}  // namespace blkhang
