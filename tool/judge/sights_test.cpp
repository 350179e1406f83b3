// SPDX-License-Identifier: GPL-2.0-only
#include "judge/sights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

seen::Tier tracepoints() {
    seen::Tier tier;
    tier.used = "tracepoint";
    for (const char* name : {"percpu_alloc_percpu", "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end",
                             "block_bio_queue", "contention_begin", "contention_end"}) {
        tier.attached.push_back(std::string("tp:") + name);
    }
    return tier;
}

seen::Tier functions(const std::string& entry, const std::string& exit) {
    seen::Tier tier;
    tier.used = entry;
    tier.scopes = scope_names();
    for (const char* name :
         {"pcpu_alloc", "pcpu_balance_workfn", "try_to_free_pages", "try_to_free_mem_cgroup_pages", "__swap_writepage",
          "balance_pgdat", "submit_bio_noacct", "__mutex_lock_slowpath", "__mutex_lock_killable_slowpath",
          "throttle_direct_reclaim", "__bio_queue_enter", "blk_mq_freeze_queue_wait", "blk_mq_unfreeze_queue",
          "blkg_conf_prep", "blk_queue_enter"}) {
        tier.attached.push_back(entry + ":" + name);
        tier.attached.push_back(exit + ":" + name);
    }
    return tier;
}

TEST(Watched, NamesEachPlaceAsThisKernelCallsIt) {
    const auto tier = functions("kprobe", "kretprobe");
    EXPECT_THAT(unwatched(tier, "6.1.0", true), IsEmpty());
    EXPECT_THAT(watched(tier, true),
                AllOf(Contains("pcpu_alloc"), Contains("blk_mq_unfreeze_queue"), Not(Contains("pcpu_alloc_noprof"))));
    EXPECT_THAT(watched(tier, false), Not(Contains("__bio_queue_enter")));
}

TEST(Watched, APlaceWithoutItsReturnIsNotNamed) {
    auto tier = functions("fentry", "fexit");
    std::erase(tier.attached, "fexit:try_to_free_pages");
    EXPECT_THAT(watched(tier, false), Not(Contains("try_to_free_pages")));
    EXPECT_THAT(unwatched(tier, "6.1.0", false), ElementsAre(HasSubstr("direct reclaim (try_to_free_pages)")));
}

/// Before 5.16 two programs go to the same function, and one of them does not stand for the other.
TEST(Watched, WhatIsSaidToBeMissingIsNotHiddenByAnotherProgramOfItsFunction) {
    auto tier = functions("fentry", "fexit");
    tier.missing.push_back({"fentry_queue_enter", "cannot be probed"});
    EXPECT_THAT(unwatched(tier, "5.16.0", true), ElementsAre("fentry_queue_enter (cannot be probed)"));
    EXPECT_THAT(unwatched(tier, "5.16.0", false), IsEmpty());
}

/// Such a watcher counted what was done in blkg_conf_prep(), and not whether the queue had been entered.
TEST(Watched, AWatcherThatKnewNoUseOfAQueueDidNotLookForIt) {
    auto tier = functions("kprobe", "kretprobe");
    EXPECT_FALSE(may_have_missed_queue_use(tier, "6.1.0"));
    for (const auto& scopes : {std::optional<std::vector<std::string>>{}, {{"queue_frozen", "blkg_conf"}}}) {
        tier.scopes = scopes;
        EXPECT_THAT(unwatched(tier, "6.1.0", true), ElementsAre(HasSubstr("knew no scope queue_used")));
        EXPECT_THAT(unwatched(tier, "of some kernel", true), ElementsAre(HasSubstr("knew no scope queue_used")));
        EXPECT_THAT(unwatched(tier, "6.1.0", false), IsEmpty());
        EXPECT_THAT(unwatched(tier, "6.18.0", true), IsEmpty()) << "there is none to look for (5d726c4dbeed)";
        EXPECT_TRUE(may_have_missed_queue_use(tier, "6.17.2"));
        EXPECT_TRUE(may_have_missed_queue_use(tier, ""));
        EXPECT_FALSE(may_have_missed_queue_use(tier, "7.2.0"));
    }
}

TEST(Watched, TheUseOfAQueueNeedsItsProbes) {
    for (const char* gone : {"fentry:blk_queue_enter", "fexit:blk_queue_enter", "fentry:blkg_conf_prep"}) {
        auto tier = functions("fentry", "fexit");
        std::erase(tier.attached, gone);
        EXPECT_THAT(unwatched(tier, "6.12.0", true), ElementsAre(HasSubstr("limit"))) << gone;
        EXPECT_THAT(unwatched(tier, "6.18.0", true), IsEmpty()) << gone;
        EXPECT_TRUE(may_have_missed_queue_use(tier, "6.12.0")) << gone;
    }
    auto tier = functions("fentry", "fexit");
    tier.missing.push_back({"fexit_use_queue", "cannot be probed"});
    EXPECT_TRUE(may_have_missed_queue_use(tier, "5.10.0")) << "there another program goes to the same function";
}

/// Its probes are those of tier kprobe, and the compiler may have given a function other parameters.
TEST(Watched, EventsOfTracefsAreProbesOfFunctions) {
    auto tier = functions("kprobe", "kretprobe");
    tier.used = "tracefs";
    EXPECT_THAT(unwatched(tier, "6.1.0", true), IsEmpty());
    for (auto& attached : tier.attached) {
        attached += attached.ends_with("throttle_direct_reclaim") ? ".isra.0" : "";
    }
    EXPECT_THAT(unwatched(tier, "6.1.0", true), IsEmpty());
    tier.missing.push_back({"kprobe_sleep", "cannot be probed"});
    EXPECT_THAT(unwatched(tier, "6.1.0", false), ElementsAre("kprobe_sleep (cannot be probed)"));
}

/// Each is probed where it is, and where it was renamed nothing says that the kernel lacks what it is part of.
TEST(Watched, WhatAKernelWasBuiltWithoutIsNoBlindSpot) {
    struct Part {
        const char *option, *function, *program;
    };
    for (const auto& part : {Part{"CONFIG_MEMCG", "try_to_free_mem_cgroup_pages", "memcg_reclaim"},
                             Part{"CONFIG_SWAP", "__swap_writepage", "swap_out"},
                             Part{"CONFIG_BLK_CGROUP", "blkg_conf_prep", "blkg_conf"}}) {
        auto tier = functions("kprobe", "kretprobe");
        std::erase(tier.attached, std::string("kprobe:") + part.function);
        std::erase(tier.attached, std::string("kretprobe:") + part.function);
        tier.missing = {{std::string("kprobe_") + part.program, "this kernel has none"},
                        {std::string("kretprobe_") + part.program, "this kernel has none"},
                        {"CONFIG_ELSE", "this kernel was built without"}};
        EXPECT_THAT(unwatched(tier, "6.1.0", true), Contains(HasSubstr(part.function)));
        tier.missing = {{"CONFIG_ELSE", "this kernel was built without"},
                        {part.option, "this kernel was built without"}};
        EXPECT_THAT(unwatched(tier, "6.1.0", true), IsEmpty()) << part.option;
        EXPECT_FALSE(may_have_missed_queue_use(tier, "6.1.0")) << part.option;
    }
}

TEST(Watched, AnotherPartThatAKernelLacksExcusesNothing) {
    auto tier = functions("fentry", "fexit");
    for (const char* option : {"CONFIG_MEMCG", "CONFIG_SWAP", "CONFIG_BLK_CGROUP"}) {
        tier.missing.push_back({option, "this kernel was built without"});
    }
    std::erase(tier.attached, "fentry:try_to_free_pages");
    EXPECT_THAT(unwatched(tier, "6.1.0", true), ElementsAre(HasSubstr("direct reclaim")));
}

TEST(Watched, TracepointsAreNamedOnce) {
    EXPECT_THAT(unwatched(tracepoints(), "6.12.0", false), IsEmpty());
    EXPECT_THAT(watched(tracepoints(), false),
                ElementsAre("percpu_alloc_percpu", "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end",
                            "block_bio_queue", "contention_begin", "contention_end"));
}

}  // namespace
}  // namespace blkhang
