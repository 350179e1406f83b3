// SPDX-License-Identifier: GPL-2.0-only
#include "report/diagnosis/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text_width.h"
#include "diagnose/testing/told.h"
#include "report/diagnosis/html.h"
#include "report/diagnosis/mail.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

Diagnosis of_a_switch() {
    LogStory story;
    story.release = "6.1.0-56-amd64";
    told::add(story, told::task(83, "churn", told::kOwnerAtQueue));
    told::add(story, told::task(79, "sw\033[31mitch<b>", told::kSwitcherAtMutex));
    told::add(story, told::task(90, "bash", told::kForkAtMutex));
    return diagnose(story);
}

TEST(DiagnosisText, SaysTheAnswerFirstAndDrawsTheCircle) {
    const auto text = render_diagnosis(of_a_switch(), {"dmesg.txt"}, {.columns = 80});
    EXPECT_TRUE(text.starts_with("FITS A KNOWN HANG\n")) << text;
    EXPECT_THAT(text, HasSubstr("*** DEADLOCK, IF WHAT IS INFERRED HOLDS ***"));
    EXPECT_THAT(text, HasSubstr("<- waits for pcpu_alloc_mutex here"));
    EXPECT_THAT(text, HasSubstr("f5a6604f7a44"));
    EXPECT_THAT(text, HasSubstr("Read from dmesg.txt"));
    EXPECT_THAT(text, HasSubstr("bash[90]"));
    EXPECT_THAT(text, Not(HasSubstr("\033")));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.find("$ ") == std::string::npos) {
            EXPECT_LE(display_width(line), 80U) << line;
        }
    }
}

TEST(DiagnosisText, SaysWhatToCaptureWhereThereIsTooLittle) {
    const auto text = render_diagnosis(diagnose(LogStory{}), {});
    EXPECT_TRUE(text.starts_with("TOO LITTLE\n"));
    EXPECT_THAT(text, HasSubstr("sysrq-trigger"));
}

TEST(DiagnosisJson, HoldsTheSame) {
    const auto json = nlohmann::json::parse(encode(of_a_switch(), {"dmesg.txt"}));
    EXPECT_EQ(json["schema"], "blkhang-diagnosis/1");
    EXPECT_EQ(json["answer"], "fits");
    EXPECT_EQ(json["verdict"], "hazard");
    EXPECT_EQ(json["member"]["name"], "elv-switch");
    EXPECT_EQ(json["circle"]["tasks"].size(), 2U);
    EXPECT_EQ(json["tasks"].size(), 3U);
}

TEST(DiagnosisPage, EscapesWhatTasksCallThemselves) {
    const auto page = page_of(of_a_switch(), {"a<b>.txt"}, Templates::built_in());
    ASSERT_TRUE(page.has_value()) << page.error().message();
    EXPECT_THAT(*page, Not(HasSubstr("<b>")));
    EXPECT_THAT(*page, HasSubstr("FITS A KNOWN HANG"));
}

TEST(DiagnosisMail, GoesToTheListsOfTheFunctions) {
    const auto mail = mail_of(of_a_switch());
    ASSERT_TRUE(mail.has_value()) << mail.error().message();
    EXPECT_THAT(*mail, HasSubstr("Subject: [BUG] 6.1.0-56-amd64 elv-switch"));
    EXPECT_THAT(*mail, HasSubstr("linux-block@vger.kernel.org"));
    EXPECT_THAT(*mail, HasSubstr("read from a kernel log"));
}

TEST(DiagnosisMail, IsNotWrittenOfOtherPeoplesTroubles) {
    LogStory story;
    told::add(story, told::task(1, "sh", "schedule < __mutex_lock < rtnl_lock < rtnetlink_rcv_msg"));
    EXPECT_FALSE(mail_of(diagnose(story)).has_value());
}

}  // namespace
}  // namespace blkhang
