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
    /// What the profile would be without all of these. It may make no sense any more, which no boot has to find out.
    Result<StillHangs> ask(Ingredients some, const std::string& words) {
        candidate_ = least_.profile;
        for (const Ingredient& each : some) {
            each.take(candidate_);
        }
        return check_consistency(candidate_) ? ask_(candidate_, words) : StillHangs::no;
    }

    /// Together, and where that does not hang, by halves.
    Status reduce(Ingredients some) {
        if (some.empty()) {
            return {};
        }
        const auto answer = ask(some, fmt::format("without {}", fmt::join(names_of(some), ", ")));
        if (!answer) {
            return fail(answer.error());
        }
        const auto add_to = [&](std::vector<std::string>& list) {
            for (const Ingredient& each : some) {
                list.push_back(each.name);
            }
        };
        switch (*answer) {
            case StillHangs::yes:
                least_.profile = candidate_;
                add_to(least_.not_needed);
                return {};
            case StillHangs::unknown:
                add_to(least_.unknown);
                return {};
            case StillHangs::no:
                break;
        }
        if (some.size() == 1) {
            add_to(least_.needed);
            return {};
        }
        const auto half = some.size() / 2;
        return reduce(some.first(half)).and_then([&] { return reduce(some.subspan(half)); });
    }

    /// All at once, else by halves; and again, as long as that changes anything.
    Status make_smaller() {
        for (;;) {
            changed_ = false;
            const auto sizes = sizes_of(least_.profile);
            if (auto tried = shrink(sizes); !tried || !changed_) {
                return tried;
            }
        }
    }

    Status shrink(Ingredients some) {
        if (some.empty()) {
            return {};
        }
        const auto answer = ask(some, fmt::format("with {}", fmt::join(names_of(some), ", ")));
        if (!answer) {
            return fail(answer.error());
        }
        if (*answer == StillHangs::yes) {
            least_.profile = candidate_;
            for (const Ingredient& each : some) {
                least_.smaller.push_back(each.name);
            }
            changed_ = true;
        }
        if (*answer != StillHangs::no || some.size() == 1) {
            return {};
        }
        const auto half = some.size() / 2;
        return shrink(some.first(half)).and_then([&] { return shrink(some.subspan(half)); });
    }

    const AskHang& ask_;
    LeastLoad least_;
    Profile candidate_;
    bool changed_ = false;
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
