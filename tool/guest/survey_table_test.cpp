// SPDX-License-Identifier: GPL-2.0-only
#include "guest/survey_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace blkhang {
namespace {

using testing::HasSubstr;

Survey old_kernel() {
    Survey survey;
    survey.label = "deb:5.10";
    survey.hello.release = "5.10.0-99-cloud-amd64";
    survey.hello.fingerprints = {
        {"noio_percpu_takes_mutex", "no"}, {"percpu_backing_noio", "no"}, {"elevator_tags_early", "yes"}};
    survey.config = {{"CONFIG_IOSCHED_BFQ", "m"}};
    survey.tier.used = "kprobe";
    survey.tier.attached = {"pcpu_alloc"};
    survey.tier.missing = {{"lock:contention_begin", "not before 5.19"}};
    return survey;
}

TEST(CheckGuest, TableNamesTheTierAndWhatDidNotAttach) {
    const auto rows = survey_rows(old_kernel());
    EXPECT_TRUE(ready(rows));
    const std::string text = table_text(rows, false);
    EXPECT_THAT(text, HasSubstr("5.10.0-99-cloud-amd64 (deb:5.10)"));
    EXPECT_THAT(text, HasSubstr("kprobe"));
    EXPECT_THAT(text, HasSubstr("lock:contention_begin: not before 5.19"));
    EXPECT_THAT(text, HasSubstr("noio_percpu_takes_mutex: no"));
    EXPECT_THAT(text, HasSubstr("CONFIG_IOSCHED_BFQ=m"));
    EXPECT_THAT(text, testing::ContainsRegex("percpu-reclaim +note +possible"));
    EXPECT_THAT(text, testing::ContainsRegex("nr-requests +note +unknown"));
}

TEST(CheckGuest, EveryReasonOfUnsupportedIsARow) {
    Survey survey = old_kernel();
    survey.unsupported = {"no CONFIG_BLK_DEV_THROTTLING", "no BTF"};
    const auto rows = survey_rows(survey);
    EXPECT_FALSE(ready(rows));
    EXPECT_EQ(std::count_if(rows.begin(), rows.end(),
                            [](const CheckRow& row) { return row.state == CheckRow::State::missing; }),
              2);
}

TEST(CheckGuest, JsonHoldsTheSame) {
    const auto json = survey_json(old_kernel());
    EXPECT_EQ(json["tier"]["used"], "kprobe");
    EXPECT_EQ(json["tier"]["missing"][0]["what"], "lock:contention_begin");
    EXPECT_EQ(json["kernel"]["fingerprints"]["noio_percpu_takes_mutex"], "no");
    EXPECT_EQ(json["kernel"]["config"]["CONFIG_IOSCHED_BFQ"], "m");
    EXPECT_EQ(json["family"][0]["name"], "percpu-reclaim");
    EXPECT_EQ(json["family"][0]["state"], "possible");
}

}  // namespace
}  // namespace blkhang
