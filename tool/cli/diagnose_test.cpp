// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnose/advice.h"
#include "lab/catalogue.h"
#include "profile/resolve.h"

namespace blkhang {
namespace {

/// What `blkhang diagnose` tells people to type is taken from a table that knows neither profiles nor the catalogue.
TEST(Diagnose, ProfilesAndValuesThatItNamesExist) {
    for (const MemberKnowledge& member : members()) {
        const auto profile =
            resolve_profile(std::string(member.name), std::vector<std::string>(member.set.begin(), member.set.end()));
        EXPECT_EQ(profile.has_value(), member.has_profile) << member.name;
    }
}

TEST(Diagnose, KernelsThatItNamesAreInTheCatalogue) {
    const auto catalogue = series_names();
    for (const MemberKnowledge& member : members()) {
        for (const auto& series : member.series) {
            EXPECT_EQ(is_packaged(series), std::ranges::find(catalogue, series.version) != catalogue.end())
                << member.name << " in " << series.version;
        }
    }
}

}  // namespace
}  // namespace blkhang
