// SPDX-License-Identifier: GPL-2.0-only
#include "probe/attach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "judge/sights.h"

namespace blkhang {
namespace {

using testing::ElementsAre;

TEST(Attach, AutoPrefersWhatTheKernelDoesNotPreempt) {
    EXPECT_THAT(tiers_by_preference(false), ElementsAre(TierChoice::fentry, TierChoice::kprobe, TierChoice::tracepoint,
                                                        TierChoice::tracefs, TierChoice::console));
    EXPECT_THAT(tiers_by_preference(true), ElementsAre(TierChoice::kprobe, TierChoice::fentry, TierChoice::tracepoint,
                                                       TierChoice::tracefs, TierChoice::console));
}

/// One whose row was forgotten is not in the program.
TEST(Attach, EveryWatcherHasARow) {
    const std::set<std::string> rows{
#define TIER(name, rank, rank_preempting, attach) #attach,
#include "base/tiers.def"
    };
    std::set<std::string> watchers;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/probe")) {
        const auto name = file.path().stem().string();
        if (file.path().extension() == ".cpp" && name.ends_with("_watcher") && name != "blind_watcher") {
            watchers.insert("attach_" + name);
        }
    }
    EXPECT_EQ(watchers, rows);
}

/// With nothing attached, single places are missing, and not all that there is.
TEST(Attach, TheJudgeKnowsEveryTier) {
    for (std::size_t i = 1; i < kTierNames.size(); ++i) {
        const auto missing =
            unwatched({.used = std::string(kTierNames.at(i)), .attached = {}, .missing = {}}, "6.1", true);
        EXPECT_GT(missing.size(), 1U) << kTierNames.at(i);
    }
}

}  // namespace
}  // namespace blkhang
