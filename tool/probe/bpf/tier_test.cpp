// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/tier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "watch.h"
#include "watch.skel.h"

namespace blkhang {
namespace {

TEST(Tier, EveryProgramOfEveryTierIsInTheObject) {
    const std::unique_ptr<watch_bpf, decltype(&watch_bpf__destroy)> skeleton{watch_bpf__open(), &watch_bpf__destroy};
    ASSERT_TRUE(skeleton);
    const auto has = [&](const std::string& program) {
        return bpf_object__find_program_by_name(skeleton->obj, program.c_str()) != nullptr;
    };
    for (const auto tier : {TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint}) {
        for (const auto& point : probe_points(tier)) {
            EXPECT_TRUE(has(point.program())) << point.program();
        }
    }
}

/// Of two probes at one address the later one runs first, and return probes have to.
TEST(Tier, ReturnProbesAreAttachedAfterEntries) {
    bool returns_began = false;
    for (const auto& point : probe_points(TierChoice::kprobe)) {
        returns_began |= point.mechanism == Mechanism::kretprobe;
        EXPECT_TRUE(point.mechanism != Mechanism::kprobe || !returns_began) << point.program();
    }
    EXPECT_TRUE(returns_began);
}

TEST(Tier, KprobesSeeWhatTrampolinesSee) {
    const auto trampolines = probe_points(TierChoice::fentry);
    const auto kprobes = probe_points(TierChoice::kprobe);
    EXPECT_TRUE(std::ranges::equal(trampolines, kprobes, {}, &ProbePoint::place, &ProbePoint::place));
}

TEST(Tier, OnlyTheThrottleAndTheTableOfTasksMayBeSkipped) {
    for (const auto tier : {TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint}) {
        for (const auto& point : probe_points(tier)) {
            EXPECT_EQ(point.misses == Misses::harmless, point.place == "blk_throtl" || point.place == "task_free")
                << point.program();
        }
    }
}

}  // namespace
}  // namespace blkhang
