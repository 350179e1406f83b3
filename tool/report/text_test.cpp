// SPDX-License-Identifier: GPL-2.0-only
#include "report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "record/replay.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Sample {
    const char* stream;
    const char* plant;
    RunEnd end;
};

class TextSample : public testing::TestWithParam<Sample> {};

// reports/samples shows what reports look like; BLKHANG_UPDATE_SAMPLES=1 renews it after a wanted change.
TEST_P(TextSample, LooksAsAgreed) {
    const auto& [stream, plant, end] = GetParam();
    const auto path = std::filesystem::path(BLKHANG_SOURCE_DIR) / "reports/samples" / (std::string(stream) + ".txt");
    const std::string text = render_text(replay::record(stream, plant, end));
    if (std::getenv("BLKHANG_UPDATE_SAMPLES") != nullptr) {
        ASSERT_TRUE(write_file(path, text));
    }
    const auto agreed = read_file(path);
    ASSERT_TRUE(agreed) << agreed.error().message();
    EXPECT_EQ(text, *agreed);
}

INSTANTIATE_TEST_SUITE_P(Streams, TextSample,
                         testing::Values(Sample{"self-deadlock", "sync-alloc", {Ended::orderly, "", "tcg"}},
                                         Sample{"kswapd-cycle", "sync-alloc", {Ended::orderly, "", "tcg"}},
                                         Sample{"thrash", "", {Ended::orderly, "", "tcg"}},
                                         Sample{"nested-nowait", "", {Ended::orderly, "", "kvm"}},
                                         Sample{"lost-events", "", {Ended::orderly, "", "tcg"}},
                                         Sample{"vanished", "sync-alloc", {Ended::lost, "no line for 60 s", "tcg"}}),
                         [](const auto& info) {
                             std::string name = info.param.stream;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Text, TheVerdictComesFirst) {
    EXPECT_THAT(render_text(replay::record("thrash")), testing::StartsWith("CLEAN  kvm-2011 on 6.1.0"));
}

TEST(Text, ColourIsOnlyWhereAskedFor) {
    const auto record = replay::record("self-deadlock");
    EXPECT_THAT(render_text(record), Not(HasSubstr("\033")));
    const std::string coloured = render_text(record, {100, true});
    EXPECT_THAT(coloured, testing::StartsWith("\033[1;31mHANG\033[0m"));
    EXPECT_THAT(coloured, HasSubstr("\033[1;31m=>\033[0m  pcpu_alloc"));
}

TEST(Text, ParagraphsFitTheTerminal) {
    const std::string text = render_text(replay::record("self-deadlock"), {60, false});
    const auto paragraph = text.substr(0, text.find("How much"));
    std::size_t start = 0;
    for (auto end = paragraph.find('\n'); end != std::string::npos; end = paragraph.find('\n', start)) {
        EXPECT_LE(end - start, 60u) << paragraph.substr(start, end - start);
        start = end + 1;
    }
}

TEST(Text, TheKernelsOwnMessagesStandBesideTheFinding) {
    auto record = replay::record("self-deadlock");
    EXPECT_THAT(render_text(record), Not(HasSubstr("own messages"))) << "no section without a message";
    KernelReport report{
        KernelReport::Kind::hung_task, 0, "INFO: task sync:8 blocked for more than 120 seconds.", {}, {}, {}};
    record.kernel_reports = std::vector<Record::KernelMessage>(7, {121000.0, report, "names only bystanders"});
    EXPECT_THAT(render_text(record),
                HasSubstr("The kernel's own messages\n"
                          "  - 121.0 s: \"INFO: task sync:8 blocked for more than 120 seconds.\" (names only "
                          "bystanders)\n"));
    EXPECT_THAT(render_text(record), HasSubstr("and 2 more in record.json"));
}

TEST(Text, EveryVerdictCanBeRendered) {
    Record record;
    for (const auto verdict : {Verdict::error, Verdict::hang, Verdict::hazard, Verdict::unsupported,
                               Verdict::inconclusive, Verdict::clean}) {
        record.verdict = {verdict, {"for a reason"}};
        const std::string text = render_text(record);
        EXPECT_THAT(text, HasSubstr("for a reason"));
        EXPECT_THAT(text, HasSubstr("an unknown kernel"));
        EXPECT_THAT(text, HasSubstr("What to do next\n  - "));
    }
}

TEST(Text, AGuestThatNeverBootedIsNamedByWhatWasAskedFor) {
    Record record;
    record.run.kernel = "file:/tmp/bzImage";
    record.verdict.reasons = {"the guest did not boot"};
    EXPECT_THAT(render_text(record), testing::StartsWith("ERROR"));
    EXPECT_THAT(render_text(record), HasSubstr("on file:/tmp/bzImage"));
}

}  // namespace
}  // namespace blkhang
