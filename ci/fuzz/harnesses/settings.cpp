// SPDX-License-Identifier: GPL-2.0-only
// `--set KEY=VALUE`, each on a line, on top of a profile that ships.
#include "harness.h"
#include "profile/consistency.h"
#include "profile/fields.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"

namespace blkhang::fuzz {

const Registered kSettings{{
    .name = "settings",
    .shape = Shape::lines,
    .longest = 1024,
    .attempt =
        [](std::string_view input) {
            static const Profile kShipped = load_profile("elv-switch").value();
            Profile profile = kShipped;
            each_line(input, [&](std::string_view setting) {
                if (const auto set = set_field(profile, setting); !set) {
                    require(set.error().fault() == Fault::usage, "a wrong setting is the user's mistake");
                }
            });
            if (check_consistency(profile)) {
                const auto text = to_toml(profile);
                const auto again = parse_profile(text, "x.toml");
                require(again.has_value(), "what was printed is accepted");
                require(to_toml(*again) == text, "what was printed is read back as the same");
            }
        },
    .seeds =
        [] {
            std::vector<std::string> seeds;
            const Profile profile = load_profile("elv-switch").value();
            for (const auto& field : fields()) {
                const auto value = field.get(profile);
                const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
                seeds.push_back(field.key + "=" + (text != nullptr ? *text : "1") + "\nduration=40s\n");
            }
            return seeds;
        },
    .words = [] { return keys_of(fields()); },
}};

}  // namespace blkhang::fuzz
