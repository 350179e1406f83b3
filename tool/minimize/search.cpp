// SPDX-License-Identifier: GPL-2.0-only
#include "minimize/search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

#include "minimize/ingredients.h"
#include "profile/consistency.h"

namespace blkhang {
namespace {

using Ingredients = std::span<const Ingredient>;

std::vector<std::string> names_of(Ingredients some) {
    std::vector<std::string> names;
    for (const Ingredient& each : some) {
        names.push_back(each.name);
    }
    return names;
}

class Search {
public:
    Search(const Profile& original, const AskHang& ask) : ask_(ask) { least_.profile = original; }

    Result<LeastLoad> run() {
        const auto all = ingredients_of(least_.profile);
        std::vector<Ingredient> seldom;
        for (const Ingredient& each : all) {
            if (!each.often_needed) {
                seldom.push_back(each);
            }
        }
        if (auto tried = reduce(seldom); !tried) {
            return fail(tried.error());
        }
        for (const Ingredient& each : all) {
            if (each.often_needed) {
                if (auto tried = reduce({&each, 1}); !tried) {
                    return fail(tried.error());
                }
            }
        }
        if (auto made = make_smaller(); !made) {
            return fail(made.error());
        }
        return std::move(least_);
    }

private:
    /// Takes all of these and, where it does not hang then, halves of them. `told` hears what came of those that are
    /// not halved any more.
    template <class Told>
    Status by_halves(Ingredients some, std::string_view how, const Told& told) {
        if (some.empty()) {
            return {};
        }
        Profile candidate = least_.profile;
        for (const Ingredient& each : some) {
            each.take(candidate);
        }
        // It may make no sense any more, which no boot has to find out.
        const auto answer = check_consistency(candidate)
                                ? ask_(candidate, fmt::format("{} {}", how, fmt::join(names_of(some), ", ")))
                                : Result<StillHangs>(StillHangs::no);
        if (!answer) {
            return fail(answer.error());
        }
        if (*answer == StillHangs::no && some.size() > 1) {
            const auto half = some.size() / 2;
            return by_halves(some.first(half), how, told).and_then([&] {
                return by_halves(some.subspan(half), how, told);
            });
        }
        if (*answer == StillHangs::yes) {
            least_.profile = std::move(candidate);
        }
        told(*answer, names_of(some));
        return {};
    }

    Status reduce(Ingredients some) {
        return by_halves(some, "without", [this](StillHangs answer, const std::vector<std::string>& names) {
            auto& list = answer == StillHangs::yes  ? least_.not_needed
                         : answer == StillHangs::no ? least_.needed
                                                    : least_.unknown;
            list.insert(list.end(), names.begin(), names.end());
        });
    }

    /// Again, as long as that changes anything.
    Status make_smaller() {
        for (bool changed = true; changed;) {
            changed = false;
            const auto sizes = sizes_of(least_.profile);
            auto tried = by_halves(sizes, "with", [&](StillHangs answer, const std::vector<std::string>& names) {
                if (answer == StillHangs::yes) {
                    least_.smaller.insert(least_.smaller.end(), names.begin(), names.end());
                    changed = true;
                }
            });
            if (!tried) {
                return tried;
            }
        }
        return {};
    }

    const AskHang& ask_;
    LeastLoad least_;
};

}  // namespace

Result<LeastLoad> find_least_load(const Profile& original, const AskHang& ask) { return Search(original, ask).run(); }

std::string in_words(const LeastLoad& least) {
    const auto list = [](const std::vector<std::string>& names) {
        return names.empty() ? std::string("nothing that was tried") : fmt::format("{}", fmt::join(names, ", "));
    };
    return fmt::format("needs: {}; does not need: {}{}", list(least.needed), list(least.not_needed),
                       least.unknown.empty() ? "" : fmt::format("; not found out: {}", fmt::join(least.unknown, ", ")));
}

}  // namespace blkhang
