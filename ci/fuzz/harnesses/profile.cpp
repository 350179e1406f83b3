// SPDX-License-Identifier: GPL-2.0-only
// Profiles: whatever is accepted is printed, and read back as the same.
#include "profile/profile_toml.h"

#include "harness.h"
#include "profile/fields.h"
#include "record/settings.h"

namespace blkhang::fuzz {

const Registered kProfile{{
    .name = "profile",
    .shape = Shape::lines,
    .longest = 8192,
    .attempt =
        [](std::string_view input) {
            const auto profile = parse_profile(input, "x.toml");
            if (!profile) {
                require(profile.error().fault() == Fault::usage, "a wrong profile is the user's mistake");
                return;
            }
            const auto text = to_toml(*profile);
            const auto again = parse_profile(text, "x.toml");
            require(again.has_value(), "what was printed is accepted");
            require(to_toml(*again) == text, "what was printed is read back as the same");
            require(digest_of(settings_of(*again)) == digest_of(settings_of(*profile)), "and so are its settings");
        },
    .seeds = [] { return files("profiles", ".toml"); },
    .words =
        [] {
            auto words = keys_of(fields());
            for (const auto* table : {&trigger_fields(), &coverage_where_fields()}) {
                const auto more = keys_of(*table);
                words.insert(words.end(), more.begin(), more.end());
            }
            return words;
        },
}};

}  // namespace blkhang::fuzz
