// SPDX-License-Identifier: GPL-2.0-only
#include "publish/html.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "publish/graphviz.h"
#include "record/files.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class HtmlReportTest : public testing::Test {
protected:
    /// Makes the directory, too.
    void put(const fs::path& file, std::string_view text) const {
        fs::create_directories(file.parent_path());
        ASSERT_TRUE(write_file(file, text));
    }
    void put_record(const fs::path& directory) const {
        put(directory / files::kRecord, encode(replay::record("kswapd-cycle")));
    }
    [[nodiscard]] std::string page(const HtmlRequest& request) const {
        return html_report(request, Templates::built_in()).value();
    }

    TempDir temporary_ = TempDir::make("html-report-test").value();
    fs::path top_ = temporary_.path();
};

TEST_F(HtmlReportTest, ARecordHasWhatItsEventsTell) {
    put_record(top_);
    put(top_ / files::kEvents, read_file(replay::path("kswapd-cycle")).value());
    const std::string html = page({top_, {}, {}});
    EXPECT_THAT(html, HasSubstr("member[470] waits for pcpu_alloc_mutex"));
    EXPECT_THAT(html, HasSubstr("Trials so far"));
}

TEST_F(HtmlReportTest, WithoutEventsThereIsAPageAllTheSame) {
    put_record(top_);
    EXPECT_THAT(page({top_, {}, {}}), HasSubstr("There is no timeline: events.ndjson: No such file"));
    fs::create_directory(top_ / files::kEvents);
    EXPECT_THAT(page({top_, {}, {}}), HasSubstr("There is no timeline: events.ndjson: "));
}

TEST_F(HtmlReportTest, WhoSeemsToWaitIsNotToldWhereEventsWereLost) {
    auto record = replay::record("kswapd-cycle");
    record.lost_events = 1;
    put(top_ / files::kRecord, encode(record));
    put(top_ / files::kEvents, read_file(replay::path("kswapd-cycle")).value());
    EXPECT_THAT(page({top_, {}, {}}), Not(HasSubstr("member[470] waits for pcpu_alloc_mutex")));
}

TEST_F(HtmlReportTest, AGraphThatNobodyCouldReadIsNotDrawn) {
    auto record = replay::record("kswapd-cycle");
    for (std::int32_t i = 0; i < 400; ++i) {
        record.deadlock->tasks.push_back({i + 1000, "a", 'D', Awaited::mutex(fmt::format("lock{}", i), ""), {}, {}});
    }
    put(top_ / files::kRecord, encode(record));
    const std::string html = page({top_, {}, {}});
    EXPECT_THAT(html, HasSubstr("too many to be drawn"));
    EXPECT_THAT(html, HasSubstr("lock399"));
}

TEST_F(HtmlReportTest, LinksLeadFromThePageToTheMatrix) {
    const fs::path matrix = top_ / "weekly";
    put(matrix / files::kMatrix, encode(build::runs(build::kStock, 0, 2)));
    put_record(matrix / files::kCells / "cell-1");
    const auto link_in = [&](const std::optional<fs::path>& output) {
        const std::string html = page({matrix, output, {}});
        const auto link = html.find("href=\"");
        return html.substr(link, html.find('>', link) - link);
    };
    EXPECT_EQ(link_in({}), "href=\"cells/cell-1/record.json\"");
    EXPECT_EQ(link_in(matrix / "index.html"), "href=\"cells/cell-1/record.json\"");
    EXPECT_EQ(link_in(top_ / "index.html"), "href=\"weekly/cells/cell-1/record.json\"");
    EXPECT_EQ(link_in(top_ / "pages" / "index.html"), "href=\"../weekly/cells/cell-1/record.json\"");
}

TEST_F(HtmlReportTest, ABaselineGoesWithAMatrix) {
    put_record(top_ / "record");
    put(top_ / "matrix" / files::kMatrix, encode(build::runs(build::kStock, 0, 8)));
    const auto refused = html_report({top_ / "record", {}, top_ / "matrix"}, Templates::built_in());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    put(top_ / "earlier" / files::kMatrix, encode(build::runs(build::kStock, 8, 0)));
    EXPECT_THAT(page({top_ / "matrix", {}, top_ / "earlier"}), HasSubstr("fixed beyond chance"));
}

TEST_F(HtmlReportTest, OfSeveralLinksLeadFromThePageToEach) {
    for (const char* const week : {"week-1", "week-2"}) {
        Matrix matrix = build::runs(build::kStock, 0, 1);
        matrix.cells.front().started = week;
        put(top_ / "all" / week / files::kMatrix, encode(matrix));
    }
    put_record(top_ / "all/week-1" / files::kCells / "cell-0");
    put(top_ / "all/week-1" / files::kCells / "cell-0" / files::kHtml, "a page");
    put(top_ / "all/week-2" / files::kHtml, "a page");
    const std::string html = history_report({top_ / "all"}, top_ / "pages/history.html", Templates::built_in()).value();
    EXPECT_THAT(html, HasSubstr("href=\"../all/week-1/cells/cell-0/report.html\""));
    EXPECT_THAT(html, HasSubstr("href=\"../all/week-2/report.html\""));
    EXPECT_THAT(html, Not(HasSubstr("cell-0/record.json")));
    EXPECT_THAT(history_report({top_ / "all"}, top_ / "all/history.html", Templates::built_in()).value(),
                HasSubstr("href=\"week-2/report.html\""));
}

TEST(Graphviz, DrawsAndSaysWhatItCannotDraw) {
    EXPECT_THAT(drawn_by_dot("digraph { a -> b }").value(), HasSubstr("<svg"));
    EXPECT_THAT(drawn_by_dot("digraph { a -> ").error().message(), HasSubstr("syntax error"));
}

}  // namespace
}  // namespace blkhang
