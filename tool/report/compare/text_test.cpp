// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/archive.h"
#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Comparison sample_comparison() {
    Matrix before = build::runs({"deb:6.1", "kvm-2011", "sync-alloc"}, 10, 0);
    build::add(before, build::cell({"deb:6.1", "queue-freeze", ""}, Verdict::hazard));
    Matrix after = build::runs({"deb:6.1", "kvm-2011", "worker-alloc"}, 0, 10);
    after.planned += 1;
    return compare(before, after);
}

TEST(ComparisonText, TheConclusionComesFirstThenWhatItRestsOn) {
    const std::string text = render_comparison(sample_comparison(), {80, false});
    EXPECT_THAT(text, StartsWith("Nothing is shown"));
    EXPECT_THAT(text, AllOf(HasSubstr("\nkvm-2011: hang -> clean\n"), HasSubstr("p = 1.1e-05"),
                            HasSubstr("with sync-alloc planted"), HasSubstr("failed in 10 of 10 runs (100%; 95% "),
                            HasSubstr("failed in none of 10 runs (95% upper bound 26%); 500 trials"),
                            HasSubstr("cgroup statistics: 99.0% of bytes written accounted before")));
    EXPECT_THAT(text.substr(text.find("Only in BEFORE")),
                AllOf(HasSubstr("deb:6.1 queue-freeze: hazard"), HasSubstr("Mind"), HasSubstr("cut short")));
}

TEST(ComparisonText, ColourIsOnlyWhereAskedFor) {
    EXPECT_THAT(render_comparison(sample_comparison()), Not(HasSubstr("\033")));
    EXPECT_THAT(render_comparison(sample_comparison(), {80, true}), StartsWith("\033[1;33mNothing"));
}

TEST(ComparisonJson, HoldsWhatTheTextSays) {
    const auto json = Json::parse(encode(sample_comparison()));
    EXPECT_EQ(json["schema"], "blkhang-comparison/1");
    EXPECT_EQ(json["outcome"], "nothing_shown");
    const auto& pair = json["pairs"].at(0);
    EXPECT_EQ(pair["change"], "fixed");
    EXPECT_NEAR(pair["p"].get<double>(), 1.0825e-5, 1e-9);
    EXPECT_EQ(pair["before"]["plant"], "sync-alloc");
    EXPECT_EQ(pair["before"]["rate"]["failed"], 10);
    EXPECT_NEAR(pair["after"]["rate"]["high"].get<double>(), 0.2589, 5e-5);
    EXPECT_EQ(pair["after"]["statistics"]["all"], 10000);
    EXPECT_EQ(json["only_before"].at(0)["profile"], "queue-freeze");
    EXPECT_EQ(json["notes"].size(), 1U);
}

}  // namespace
}  // namespace blkhang
