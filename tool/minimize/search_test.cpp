// SPDX-License-Identifier: GPL-2.0-only
#include "minimize/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "minimize/ingredients.h"
#include "profile/shipped.h"

namespace blkhang {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A kernel that hangs where this is so, and counts how often it was asked.
class SearchTest : public testing::Test {
protected:
    LeastLoad least(const std::function<bool(const Profile&)>& hangs) {
        return find_least_load(original_,
                               [&](const Profile& profile, const std::string& without) -> Result<StillHangs> {
                                   ++asked_;
                                   questions_.push_back(without);
                                   if (asked_ > most_) {
                                       return StillHangs::unknown;
                                   }
                                   return hangs(profile) ? StillHangs::yes : StillHangs::no;
                               })
            .value();
    }
    Profile original_ = load_profile("elv-switch").value();
    std::size_t asked_ = 0;
    std::size_t most_ = 1000;
    std::vector<std::string> questions_;
};

TEST_F(SearchTest, WhatShipsHasIngredientsAndEachCanBeTaken) {
    for (const std::string& name : shipped_profiles()) {
        const Profile profile = load_profile(name).value();
        const auto all = ingredients_of(profile);
        EXPECT_GE(all.size(), 5U) << name;
        for (const Ingredient& each : all) {
            Profile made = profile;
            each.take(made);
            EXPECT_EQ(ingredients_of(made).size() < all.size(), true) << name << ": " << each.name;
        }
        for (const Ingredient& each : sizes_of(profile)) {
            EXPECT_THAT(each.name, testing::StartsWith("half the "));
        }
    }
    EXPECT_THAT(ingredients_of(original_), SizeIs(9));
}

TEST_F(SearchTest, FindsWhatIsNeededAndNothingElse) {
    const auto found =
        least([](const Profile& p) { return !p.triggers.empty() && p.percpu.churners > 0 && p.pressure.vm > 0; });
    EXPECT_THAT(found.needed, ElementsAre("memory pressure", "per-CPU maps", HasSubstr("trigger 'switch'")));
    EXPECT_THAT(found.not_needed, SizeIs(6));
    EXPECT_THAT(found.unknown, IsEmpty());
    EXPECT_EQ(found.profile.churn.workers, 0U);
    EXPECT_EQ(found.profile.guest.cpus, 1U);
    EXPECT_EQ(found.profile.triggers.size(), 1U);
    EXPECT_THAT(in_words(found), HasSubstr("needs: memory pressure, per-CPU maps, trigger 'switch' (/sys/block/{disk}/"
                                           "queue/scheduler); does not need: limits for the swap disk, swappiness, "));
    // Five that are seldom needed go at once; four are asked for one by one.
    EXPECT_LE(asked_, 25U);
}

TEST_F(SearchTest, OneOfManyIsFoundByHalves) {
    const auto found = least([](const Profile& p) { return p.guest.possible_cpus > p.guest.cpus; });
    EXPECT_THAT(found.needed, ElementsAre("CPUs that are possible but not there"));
    EXPECT_THAT(found.not_needed, Contains("a second CPU"));
}

TEST_F(SearchTest, MakesWhatIsNeededSmallerUntilItWouldNotHang) {
    const auto found = least([](const Profile& p) {
        return !p.triggers.empty() && p.pressure.vm_bytes >= std::uint64_t{40} << 20U && p.percpu.entries >= 8;
    });
    EXPECT_EQ(found.profile.pressure.vm_bytes, std::uint64_t{48} << 20U);
    EXPECT_EQ(found.profile.percpu.entries, 8U);
    EXPECT_THAT(found.smaller, Contains("half the memory of a stressor"));
}

TEST_F(SearchTest, VirtualMachinesAreAPartOfALoad) {
    original_ = load_profile("kvm-guests").value();
    const auto without = least([](const Profile& p) { return p.percpu.churners > 0; });
    EXPECT_THAT(without.not_needed, Contains("virtual machines"));
    EXPECT_EQ(without.profile.kvm.guests, 0U);
    const auto few = least([](const Profile& p) { return p.kvm.guests >= 2; });
    EXPECT_THAT(few.needed, ElementsAre("virtual machines"));
    EXPECT_EQ(few.profile.kvm.guests, 2U);
}

/// A load that hangs anyhow needs nothing, and that is no reason to go on for ever.
TEST_F(SearchTest, EndsWhereEverythingHangs) {
    const auto found = least([](const Profile& /*p*/) { return true; });
    EXPECT_THAT(found.needed, IsEmpty());
    EXPECT_THAT(in_words(found), HasSubstr("needs: nothing that was tried"));
    EXPECT_LE(asked_, 40U);
}

TEST_F(SearchTest, WhatIsNotFoundOutStaysIn) {
    most_ = 1;
    const auto found = least([](const Profile& /*p*/) { return true; });
    EXPECT_THAT(found.not_needed, SizeIs(5));
    EXPECT_THAT(found.unknown, SizeIs(4));
    EXPECT_EQ(found.profile.churn.workers, original_.churn.workers);
    EXPECT_THAT(in_words(found), HasSubstr("; not found out: fresh cgroups, "));
}

TEST_F(SearchTest, AnErrorEndsIt) {
    const auto found = find_least_load(original_, [](const Profile&, const std::string&) -> Result<StillHangs> {
        return fail(Fault::broken, "no boots");
    });
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message(), "no boots");
}

/// The same answers give the same questions: what resuming relies on.
TEST_F(SearchTest, AsksTheSameAgain) {
    const auto hangs = [](const Profile& p) { return p.percpu.churners > 0 && p.guest.cpus > 1; };
    static_cast<void>(least(hangs));
    const auto first = questions_;
    questions_.clear();
    static_cast<void>(least(hangs));
    EXPECT_EQ(questions_, first);
}

}  // namespace
}  // namespace blkhang
