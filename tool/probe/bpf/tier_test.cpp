// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/tier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "watch.h"
#include "watch.skel.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

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

std::vector<std::string> on_the_way_of_bios(TierChoice tier, bool has_slow_way) {
    std::vector<std::string> programs;
    for (const auto& point : probe_points(tier)) {
        if (is_on_the_way_of_bios(point, has_slow_way)) {
            programs.push_back(point.program());
        }
    }
    return programs;
}

/// All that a bio passes, by name: whoever adds a program on its way has to say so in its row.
TEST(Tier, WhatLiesOnTheWayOfEveryBioIsKnown) {
    EXPECT_THAT(on_the_way_of_bios(TierChoice::fentry, true),
                ElementsAre("fentry_submit_bio", "fentry_blk_throtl", "fentry_queue_enter", "fentry_sleep_for_bio",
                            "fexit_submit_bio", "fexit_blk_throtl"));
    EXPECT_THAT(on_the_way_of_bios(TierChoice::fentry, false),
                ElementsAre("fentry_submit_bio", "fentry_blk_throtl", "fentry_queue_enter", "fentry_use_queue",
                            "fentry_sleep_for_bio", "fexit_submit_bio", "fexit_blk_throtl", "fexit_queue_enter",
                            "fexit_use_queue"));
    EXPECT_THAT(on_the_way_of_bios(TierChoice::tracepoint, true), ElementsAre("tp_bio_queue"));
}

/// By the functions, not by what the rows say of themselves.
TEST(Tier, NoFunctionThatEveryBioPassesIsLeftWhereBiosAreSpared) {
    for (const auto tier : {TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint}) {
        for (const auto& point : probe_points(tier)) {
            if (is_on_the_way_of_bios(point, false)) {
                continue;
            }
            for (const auto name : point.ladder) {
                EXPECT_EQ(name.find("submit_bio"), std::string_view::npos) << point.program();
                EXPECT_EQ(name.find("make_request"), std::string_view::npos) << point.program();
                EXPECT_EQ(name.find("throtl"), std::string_view::npos) << point.program();
                EXPECT_NE(name, "blk_queue_enter") << point.program();
                EXPECT_NE(name, "io_schedule_timeout") << point.program();
                EXPECT_FALSE(name.starts_with("block_")) << point.program();
            }
        }
    }
}

TEST(Tier, OnlyTheThrottleAndTheTableOfTasksMayBeSkipped) {
    for (const auto tier : {TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint}) {
        for (const auto& point : probe_points(tier)) {
            EXPECT_EQ(point.role.misses == Misses::harmless, point.place == "blk_throtl" || point.place == "task_free")
                << point.program();
        }
    }
}

}  // namespace
}  // namespace blkhang
