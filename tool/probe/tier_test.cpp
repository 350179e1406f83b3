// SPDX-License-Identifier: GPL-2.0-only
#include "probe/tier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
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
            EXPECT_TRUE(has(std::string(point.program))) << point.program;
            const auto repeats = std::ranges::count_if(kRepeatSuffixes, [&](std::string_view suffix) {
                return has(std::string(point.program) + std::string(suffix));
            });
            const bool all_or_one = repeats == std::ssize(kRepeatSuffixes) || repeats == 1;
            EXPECT_TRUE(has_repeats(point.mechanism) ? all_or_one : repeats == 0) << point.program;
            EXPECT_EQ(has(std::string(point.program) + std::string(kRepeatSuffixes.back())), repeats > 0);
        }
    }
}

TEST(Tier, ExitsAreAttachedBeforeEntries) {
    for (const auto tier : {TierChoice::fentry, TierChoice::kprobe}) {
        bool entries_began = false;
        for (const auto& point : probe_points(tier)) {
            const bool is_entry = point.mechanism == Mechanism::fentry || point.mechanism == Mechanism::kprobe;
            entries_began |= is_entry;
            EXPECT_TRUE(is_entry || !entries_began || point.mechanism == Mechanism::tracepoint) << point.program;
        }
    }
}

}  // namespace
}  // namespace blkhang
