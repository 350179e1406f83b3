// SPDX-License-Identifier: GPL-2.0-only
#include "judge/awaited.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace blkhang {
namespace {

std::vector<WaitKind> kinds() {
    std::vector<WaitKind> result;
    for (int i = 0; i < kWaitKindCount; ++i) {
        result.push_back(static_cast<WaitKind>(i));
    }
    return result;
}

Awaited one_of(WaitKind kind) {
    return kind == WaitKind::mutex ? Awaited::mutex("blkcg_mutex", "vda") : Awaited::of(kind, "vda");
}

/// Whoever adds a kind is told here what has to be said of it.
TEST(Awaited, OfEveryKindEverythingIsSaid) {
    std::set<std::string> texts;
    std::set<std::string> steps;
    for (const auto kind : kinds()) {
        SCOPED_TRACE(to_string(kind));
        EXPECT_EQ(wait_kind_from(to_string(kind)), kind);
        const auto awaited = one_of(kind);
        const auto& words = words_for(awaited);
        for (const auto text : {words.text, words.got_by, words.waiting, words.taking_step, words.waiting_step,
                                words.name, words.held_by, words.is_held_by}) {
            EXPECT_FALSE(text.empty());
        }
        EXPECT_FALSE(without_disk(awaited).empty());
        EXPECT_THAT(words.is_held_by, testing::EndsWith(words.held_by));
        EXPECT_EQ(awaited_from(to_string(awaited)), awaited);
        texts.insert(to_string(awaited));
        steps.insert(in_words(awaited, words.waiting_step));
    }
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(kWaitKindCount));
    EXPECT_EQ(steps.size(), static_cast<std::size_t>(kWaitKindCount));
}

TEST(Awaited, HasTheTextThatItHasInStreams) {
    EXPECT_EQ(to_string(Awaited::percpu_mutex()), "pcpu_alloc_mutex");
    EXPECT_EQ(to_string(Awaited::mutex("blkcg_mutex", "vda")), "blkcg_mutex of vda");
    EXPECT_EQ(to_string(Awaited::kswapd()), "kswapd");
    EXPECT_EQ(to_string(Awaited::frozen_queue("vda")), "frozen queue vda");
    EXPECT_EQ(to_string(Awaited::users_of_queue("vda")), "users of queue vda");
    EXPECT_EQ(to_string(Awaited::memory()), "memory");
    EXPECT_EQ(to_string(Awaited{}), "");
}

/// Streams and records may be of another version, or anybody's.
TEST(Awaited, AnyTextComesBackAsItWas) {
    for (const std::string text : {"", " ", " of ", "a of ", " of a", "a of b", "a of b of c", "frozen queue ",
                                   "frozen queue", "users of queue ", "users of queue a of b", "memory of vda",
                                   "kswapd1", "{}", "frozen queue {}", "zoned queue vda"}) {
        SCOPED_TRACE(text);
        EXPECT_EQ(to_string(awaited_from(text)), text);
        for (const auto kind : kinds()) {
            EXPECT_EQ(to_string(awaited_from(kind, text)), text);
        }
    }
}

TEST(Awaited, ATextOfNoMeaningIsKeptWithItsKind) {
    const auto zoned = awaited_from(WaitKind::queue, "zoned queue vda");
    EXPECT_EQ(zoned.kind, WaitKind::queue);
    EXPECT_NE(zoned, Awaited::frozen_queue(""));
    EXPECT_EQ(in_words(zoned, words_for(zoned).possession), "owns zoned queue vda");
    EXPECT_EQ(awaited_from("zoned_lock of vda"), Awaited::mutex("zoned_lock", "vda"));
}

TEST(Awaited, NothingIsOfNoKind) {
    for (const auto kind : kinds()) {
        EXPECT_TRUE(awaited_from(kind, "").is_nothing());
        EXPECT_FALSE(one_of(kind).is_nothing());
    }
    EXPECT_EQ(wait_kind_from("nothing-known"), std::nullopt);
    EXPECT_EQ(wait_kind_from(""), std::nullopt);
}

}  // namespace
}  // namespace blkhang
