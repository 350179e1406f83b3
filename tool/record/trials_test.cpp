// SPDX-License-Identifier: GPL-2.0-only
// Runs whose trigger succeeded often enough, and in which next to nothing could have hung.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

Record judged_run(std::string_view stream, std::map<std::string, std::uint64_t> coverage) {
    RunFacts facts = replay::facts("");
    facts.demands = {std::move(coverage)};
    facts.demands.trial = "trigger_trials";
    RecordBuilder builder{facts};
    const std::string text = read_file(replay::path(stream)).value();
    for (std::string_view rest = text; !rest.empty();) {
        const auto newline = rest.find('\n');
        builder.observe(decode(rest.substr(0, newline)).value());
        rest.remove_prefix(newline + 1);
    }
    return builder.finish({Ended::orderly, "", "tcg"});
}

/// A real run of `iocost-enable` on deb:6.12 (6.12.117, which hung in this profile in 2 of 2 boots): of 8 "trials" none
/// could have closed the cycle. With the queue frozen all 214 allocations were GFP_NOWAIT and got their memory, so the
/// fallback with GFP_KERNEL, which is what this kernel hangs in, never ran (frozen_allocs 0, frozen_reclaims 0).
TEST(Trials, TrialsInWhichTheFreezerNeverAllocatesAreNone) {
    const auto record = judged_run("trials/iocost-enable-6.12-nothing-allocated", {{"trials", 4},
                                                                                   {"queue_freezes", 4},
                                                                                   {"owner_reclaims", 20},
                                                                                   {"swapped_out_pages", 5000},
                                                                                   {"maps_created", 100}});
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive) << testing::PrintToString(record.verdict.reasons);
}

/// The same of `elv-bfq` on deb:7.3 (7.3.4, hung in 3 of 12 boots): 22 "trials", but 2,096 of 2,098 allocations with
/// the queue frozen were GFP_NOWAIT. Two could wait for the mutex or for memory.
TEST(Trials, ATrialIsAnAllocationThatMayWait) {
    const auto record = judged_run("trials/elv-bfq-7.3-two-allocations", {{"trials", 20},
                                                                          {"queue_freezes", 20},
                                                                          {"owner_reclaims", 20},
                                                                          {"owner_bios", 50},
                                                                          {"swapped_out_pages", 5000},
                                                                          {"maps_created", 20}});
    EXPECT_LE(record.trials, 2U);
    EXPECT_EQ(record.verdict.value, Verdict::inconclusive) << testing::PrintToString(record.verdict.reasons);
}

}  // namespace
}  // namespace blkhang
