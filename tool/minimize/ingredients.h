// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "profile/profile.h"

namespace blkhang {

/// A part of a load, or of the machine that it runs on, which a hang may need or not.
struct Ingredient {
    std::string name;                    ///< for people: "memory pressure"
    std::function<void(Profile&)> take;  ///< away, or makes it smaller
    bool often_needed = false;  ///< by hangs of the family: not worth trying to do without it together with others
};

/// What a profile has of it. Those that are hardly ever needed come first.
std::vector<Ingredient> ingredients_of(const Profile& profile);

/// What of it can be less, by half or down to one; "half the memory pressure".
std::vector<Ingredient> sizes_of(const Profile& profile);

}  // namespace blkhang
