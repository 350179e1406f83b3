// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/file.h"
#include "judge/sights.h"
#include "probe/bpf/tier.h"

/// What the recipes of tool/README.md ask for in bpf/ and the compiler does not.
namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The programs; of the tables only where functions are probed.
std::string bpf_sources() {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(BLKHANG_SOURCE_DIR) / "bpf")) {
        const auto& path = file.path();
        if (path.extension() == ".h" || path.extension() == ".c" || path.filename() == "places.def") {
            all += read_file(path).value();
        }
    }
    return all;
}

/// How often each word stands there.
std::map<std::string, int, std::less<>> words_in(const std::string& text) {
    std::map<std::string, int, std::less<>> words;
    std::string word;
    for (const char c : text + "\n") {
        if (ascii::is_word(c)) {
            word += c;
        } else {
            ++words[word];
            word.clear();
        }
    }
    return words;
}

TEST(BpfSources, EveryWaitBeginsAndEnds) {
    auto words = words_in(bpf_sources());
    for (const auto* wait : {
#define WAIT(tag, name, held_by, shown) "WAIT_" #tag,
#include "waits.def"
         }) {
        EXPECT_GE(words[wait], 2) << wait;
    }
}

TEST(BpfSources, EveryScopeIsEntered) {
    auto words = words_in(bpf_sources());
    for (const auto* scope : {
#define SCOPE(tag, name, drawn_as, calls) "SCOPE_" #tag,
#include "scopes.def"
         }) {
        EXPECT_GE(words[scope], 1) << scope;
    }
}

/// One that nothing calls is one that places.def was forgotten for.
TEST(BpfSources, EveryFunctionIsCalled) {
    const auto sources = bpf_sources();
    auto words = words_in(sources);
    const std::regex definition(
        R"(\n(?:static __always_inline|static __noinline|__noinline)\s[^;()]*\b(\w+)\([^;{]*\)\n\{)");
    std::vector<std::string> defined;
    for (auto one = std::sregex_iterator(sources.begin(), sources.end(), definition); one != std::sregex_iterator();
         ++one) {
        defined.push_back((*one)[1]);
        EXPECT_GE(words[defined.back()], 2) << defined.back();
    }
    EXPECT_THAT(defined, testing::IsSupersetOf({"begin_mutex_wait", "owned_lock", "describe_wait"}));
}

struct Place {
    FunctionNames functions;
    std::string_view action;
};

/// A function that is entered in one name and left in another would be left in none.
TEST(Places, WhatBeginsEnds) {
    using namespace functions;
    constexpr std::array kEntries{
#define ENTRY(place, functions, role, action) Place{functions, #action},
#define EXIT(place, functions, role, action)
#include "places.def"
    };
    constexpr std::array kExits{
#define ENTRY(place, functions, role, action)
#define EXIT(place, functions, role, action) Place{functions, #action},
#include "places.def"
    };
    for (const auto& entry : kEntries) {
        if (!entry.action.starts_with("enter") && !entry.action.starts_with("begin_")) {
            continue;
        }
        for (const auto function : entry.functions) {
            EXPECT_TRUE(
                function.empty() ||
                std::ranges::any_of(kExits,
                                    [&](const Place& exit) {
                                        return (exit.action.starts_with("leave") || exit.action.starts_with("end_")) &&
                                               std::ranges::find(exit.functions, function) != exit.functions.end();
                                    }))
                << entry.action << " at " << function;
        }
    }
}

/// Who adds a program says to the judge, in judge/sights.cpp, that a clean verdict rests on it, or here that none does.
TEST(Places, ACleanVerdictRestsOnEachThatIsNotNamedHere) {
    const auto points = probe_points(TierChoice::fentry);
    const auto attached = [](const ProbePoint& point) {
        return (point.mechanism == Mechanism::fentry ? "fentry:" : "fexit:") + std::string(point.ladder.front());
    };
    seen::Tier all{.used = "fentry", .attached = {}, .missing = {}};
    for (const auto& point : points) {
        all.attached.push_back(attached(point));
    }
    all.scopes = std::vector<std::string>{std::string(to_string(Scope::queue_used))};
    ASSERT_THAT(unwatched(all, "6.1.0", true), IsEmpty());
    std::vector<std::string> not_needed;
    for (const auto& point : points) {
        auto tier = all;
        tier.attached.erase(std::ranges::find(tier.attached, attached(point)));
        tier.missing = {{point.program(), "cannot be probed"}};
        if (unwatched(tier, "6.1.0", true).empty()) {
            not_needed.push_back(point.program());
        }
    }
    EXPECT_THAT(not_needed, ElementsAre("fentry_blk_throtl", "fexit_blk_throtl", "fexit_freeze", "fexit_disk_gone",
                                        "fexit_queue_gone", "tp_task_free"));
}

}  // namespace
}  // namespace blkhang
