// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "record/testing/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kDrawn = R"(<svg viewBox="0 0 9 9"><g class="node"><text>drawn</text></g></svg>)";

RecordPictures pictures(const Record& record, Result<std::string> svg = std::string(kDrawn)) {
    return {RunSeries{{{0, 0, 0, 0, 9}, {500, 9, 9, 1, 5}}, {}, 0}, lock_graph(record, {}), std::move(svg)};
}

std::string page(const Record& record) { return render_html(record, pictures(record), Templates::built_in()).value(); }

/// The page is XML as well; whatever is read back went through as text.
std::string text_of(const std::string& html, const char* path) {
    pugi::xml_document document;
    const auto parsed = document.load_string(html.c_str());
    EXPECT_TRUE(parsed) << parsed.description() << " at " << html.substr(static_cast<std::size_t>(parsed.offset), 80);
    std::string text;
    for (const auto& found : document.select_nodes(path)) {
        text += std::string(text.empty() ? "" : "|") + found.node().text().get();
    }
    return text;
}

TEST(HtmlRecord, VerdictAndSubjectComeFirst) {
    const auto html = page(replay::record("self-deadlock", "sync-alloc"));
    EXPECT_THAT(text_of(html, "//h1/span"), "HANG");
    EXPECT_THAT(text_of(html, "//title"), HasSubstr("HANG: kvm-2011 on 6.1.0-43-cloud-amd64, with sync-alloc planted"));
    EXPECT_THAT(text_of(html, "//h2"),
                "Who waits for what, and who holds it|The deadlock|How it is known|The run over time|Blocked behind "
                "it|Nesting, with "
                "stacks|How much was exercised|Environment|See it again|What to do next");
}

TEST(HtmlRecord, EveryVerdictIsAPage) {
    for (const auto verdict : {Verdict::error, Verdict::hang, Verdict::hazard, Verdict::unsupported,
                               Verdict::inconclusive, Verdict::clean}) {
        Record record;
        record.verdict = {verdict, {"for a reason"}};
        const auto html = page(record);
        EXPECT_THAT(text_of(html, "//li"), HasSubstr("for a reason"));
        EXPECT_THAT(text_of(html, "//h1"), HasSubstr("on an unknown kernel"));
        EXPECT_THAT(html, Not(HasSubstr("lock-graph-name"))) << "no graph without anything to show";
    }
}

TEST(HtmlRecord, StacksSayWhereTheLockWasTakenAndIsAwaited) {
    EXPECT_THAT(text_of(page(replay::record("self-deadlock")), "//pre/i"),
                "<- waits for pcpu_alloc_mutex here|<- took pcpu_alloc_mutex here");
}

TEST(HtmlRecord, NamesAreText) {
    auto record = replay::record("self-deadlock");
    const std::string hostile = "</pre><script>alert('\"&{{x}}";
    record.deadlock->tasks.front().comm = hostile;
    record.deadlock->tasks.front().stack = {"<b>+0x1/0x2", "\xff\x01+0x1/0x2"};
    record.verdict.reasons = {hostile};
    const auto html = page(record);
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(text_of(html, "//li"), HasSubstr(hostile));
    EXPECT_THAT(text_of(html, "//h3"), HasSubstr(hostile));
    EXPECT_THAT(text_of(html, "//pre"), HasSubstr("<b>+0x1/0x2\n\xEF\xBF\xBD\xEF\xBF\xBD+0x1/0x2"));
}

TEST(HtmlRecord, ThePictureIsThereAndInWords) {
    const auto html = page(replay::record("kswapd-cycle"));
    EXPECT_THAT(text_of(html, "//svg[@role='img']//text"), HasSubstr("drawn"));
    EXPECT_THAT(text_of(html, "//svg/title"), "Who waits for what, and who holds it");
    EXPECT_THAT(text_of(html, "//svg/desc"), HasSubstr("The cycle: "));
    EXPECT_THAT(text_of(html, "//ol/li"), HasSubstr("kswapd0[45] waits for pcpu_alloc_mutex (mutex)"));
}

TEST(HtmlRecord, WithoutDotTheWordsStandAlone) {
    const auto record = replay::record("kswapd-cycle");
    for (const Result<std::string>& svg :
         {Result<std::string>(fail(Fault::broken, "dot: not found")), Result<std::string>("rubbish")}) {
        const auto html = render_html(record, pictures(record, svg), Templates::built_in()).value();
        EXPECT_THAT(text_of(html, "//p"), HasSubstr("In words only, for lack of a picture: "));
        EXPECT_THAT(text_of(html, "//ol/li"), HasSubstr("kswapd0[45] waits for pcpu_alloc_mutex (mutex)"));
        EXPECT_THAT(html, Not(HasSubstr("The same in words")));
    }
}

TEST(HtmlRecord, WithoutEventsItSaysWhyThereIsNoTimeline) {
    const auto record = replay::record("thrash");
    auto parts = pictures(record);
    parts.series = fail(Fault::broken, "events.ndjson: not there");
    const auto html = render_html(record, parts, Templates::built_in()).value();
    EXPECT_THAT(text_of(html, "//p"), HasSubstr("There is no timeline: events.ndjson: not there."));
    EXPECT_THAT(html, Not(HasSubstr("<figure")));
}

TEST(HtmlRecord, CurvesHaveNames) {
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(page(replay::record("self-deadlock")).c_str()));
    const auto curves = document.select_nodes("//figure//svg");
    EXPECT_EQ(curves.size(), 4U);
    for (const auto& curve : curves) {
        EXPECT_THAT(curve.node().attribute("aria-label").value(), HasSubstr(" over time: "));
        EXPECT_STREQ(curve.node().child("line").attribute("class").value(),
                     std::string_view(curve.node().attribute("aria-label").value()).starts_with("Trials") ? "required"
                                                                                                          : "instant");
    }
}

TEST(HtmlRecord, LocksOfOthersAreFolded) {
    auto record = replay::record("kswapd-cycle");
    const auto& member = record.deadlock->tasks.front();
    record.held_locks = {{1.5,
                          {{1, "init", {{"cgroup_mutex", "cgroup_mkdir"}}},
                           {member.pid, member.comm, {{"pcpu_alloc_mutex", "pcpu_alloc"}}}},
                          0,
                          false}};
    EXPECT_THAT(text_of(page(record), "//section/dl/dd"), HasSubstr("pcpu_alloc_mutex (pcpu_alloc)"));
    EXPECT_THAT(text_of(page(record), "//details/dl/dd"), HasSubstr("cgroup_mutex (cgroup_mkdir)"));
}

TEST(HtmlRecord, AHugeRecordIsAPageOfBoundedSize) {
    auto record = replay::record("self-deadlock");
    const Stack deep(127, "a_function_with_quite_a_long_name_as_they_go+0x123/0x456 [module]");
    for (std::int32_t pid = 0; pid < 20'000; ++pid) {
        record.blocked_tasks.push_back({pid, "member", 'D', deep});
    }
    KernelReport report{KernelReport::Kind::hung_task, 0, "INFO: task sync:8 blocked", {}, {}, deep};
    record.kernel_reports = std::vector<Record::KernelMessage>(5000, {1, report, "names only bystanders"});
    const auto html = page(record);
    EXPECT_LT(html.size(), std::size_t{3} << 20);
    EXPECT_THAT(html, HasSubstr("4950 more in record.json"));
}

TEST(HtmlRecord, CommandsAreForAShell) {
    auto record = replay::record("self-deadlock", "sync-alloc");
    EXPECT_THAT(text_of(page(record), "//pre"),
                HasSubstr("blkhang run ./profile.toml --guest deb:linux-image-6.1.0-43-cloud-amd64=6.1.162-1 --plant "
                          "sync-alloc|blkhang run kvm-2011 --guest deb:6.1 --plant sync-alloc"));
    record.run.kernel = "tree:linux standing for deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)";
    EXPECT_THAT(text_of(page(record), "//pre"), HasSubstr("blkhang run kvm-2011 --guest tree:linux --plant"));
    record.run.kernel = "file:/it's here (now)/bzImage";
    EXPECT_THAT(text_of(page(record), "//pre"), HasSubstr(R"(--guest 'file:/it'\''s here (now)/bzImage')"));
}

TEST(HtmlRecord, TheInstantIsWhenItWasKnown) {
    EXPECT_FALSE(instant_of(replay::record("thrash")));
    EXPECT_FALSE(instant_of(replay::record("vanished", "", {Ended::lost, "", "tcg"}))) << "all that is left counts";
    auto record = replay::record("self-deadlock");
    EXPECT_EQ(instant_of(record), record.deadlock->detected_ms);
    record.deadlock->lasted_ms = 1000;
    EXPECT_EQ(instant_of(record), record.deadlock->closed_ms + 1000);
}

TEST(HtmlRecord, TheSameRecordGivesTheSamePage) {
    const auto record = replay::record("kswapd-cycle");
    EXPECT_EQ(page(record), page(record));
}

}  // namespace
}  // namespace blkhang
