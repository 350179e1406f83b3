// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using testing::HasSubstr;
using testing::Not;

NamedMatrix on(const std::string& name, const std::string& debian, std::uint32_t failed, std::uint32_t passed) {
    Matrix matrix = build::runs(build::kStock, failed, passed);
    for (CellResult& cell : matrix.cells) {
        cell.label = fmt::format("deb:6.1 (linux-image-cloud-amd64 {})", debian);
    }
    return {name, matrix};
}

std::string history_page(const std::vector<NamedMatrix>& matrices, HistoryPage page = {}) {
    page.places.resize(matrices.size());
    return render_html(matrices, page, Templates::built_in()).value();
}

std::vector<std::string> found_in(const std::string& html, const char* path) {
    pugi::xml_document document;
    const auto parsed = document.load_string(html.c_str());
    EXPECT_TRUE(parsed) << parsed.description();
    std::vector<std::string> texts;
    for (const auto& found : document.select_nodes(path)) {
        const auto node = found.node();
        texts.emplace_back(found.attribute() ? found.attribute().value() : node.text().get());
    }
    return texts;
}

using Texts = std::vector<std::string>;

TEST(HtmlHistory, ProfilesByVersions) {
    std::vector<NamedMatrix> matrices{on("b", "6.12.3-1", 3, 7), on("a", "6.1.99-1", 0, 10)};
    build::add(matrices[0].matrix, build::cell({"deb:5.10", "elv-bfq", "sync-alloc"}, Verdict::error));
    matrices[0].matrix.cells.back().label = "deb:5.10 (linux-image-cloud-amd64 5.10.262-1)";
    const auto html = history_page(matrices);
    EXPECT_EQ(found_in(html, "//thead/tr[1]/th"), (Texts{"Profile", "v5.10", "v6.1", "v6.12"}));
    EXPECT_EQ(found_in(html, "//thead/tr[2]/th"), (Texts{"Debian 5.10.262-1", "Debian 6.1.99-1", "Debian 6.12.3-1"}));
    EXPECT_EQ(found_in(html, "//tbody//th/span"), (Texts{"elv-bfq/sync-alloc", "kvm-2011"}));
    EXPECT_EQ(found_in(html, "//td/strong"), (Texts{"error", "clean", "hang"}));
    EXPECT_THAT(html, HasSubstr("</strong> 3/10 6.7-65%"));
    EXPECT_EQ(found_in(html, "//td[@class='none quiet']").size(), 3U);
    EXPECT_EQ(found_in(html, "//td/@data-version"), (Texts{"Debian 5.10.262-1", "Debian 6.1.99-1", "Debian 6.12.3-1"}));
}

TEST(HtmlHistory, WhatChangedStandsInTheTableAndInWords) {
    const auto html = history_page({on("a", "6.1.99-1", 0, 8), on("b", "6.1.190-1", 8, 0), on("c", "6.1.192-2", 1, 2)});
    EXPECT_EQ(found_in(html, "//td/span[starts-with(@class, 'change')]"), (Texts{"regressed"}));
    EXPECT_EQ(found_in(html, "//li[@class='bad']/strong"), (Texts{"kvm-2011"}));
    EXPECT_THAT(html, HasSubstr("from Debian 6.1.99-1 to Debian 6.1.190-1"));
    EXPECT_THAT(html, HasSubstr("regressed beyond chance: BEFORE failed in none of 8 runs"));
    EXPECT_THAT(found_in(html, "//header/p").at(0), HasSubstr("Beyond chance, 1 of 2 pairs"));
    EXPECT_THAT(html, HasSubstr("In 2 pairs something failed; if nothing had changed at all, up to 0.1 of these"));
}

TEST(HtmlHistory, IsPaintedAsTheNewestVersion) {
    EXPECT_EQ(found_in(history_page({on("a", "6.1.99-1", 8, 0), on("b", "6.1.190-1", 0, 8)}), "//header/@class"),
              (Texts{"good"}));
    std::vector<NamedMatrix> matrices{on("a", "6.1.99-1", 0, 8), on("b", "6.1.190-1", 1, 8)};
    EXPECT_EQ(found_in(history_page(matrices), "//header/@class"), (Texts{"bad"}));
    for (CellResult& cell : matrices[1].matrix.cells) {
        cell.subject.plant = "sync-alloc";
    }
    EXPECT_EQ(found_in(history_page(matrices), "//header/@class"), (Texts{"good"}));
    EXPECT_EQ(found_in(history_page({}), "//header/@class"), (Texts{"open"}));
}

TEST(HtmlHistory, WhatChanceMayExplainIsApart) {
    const auto html = history_page({on("a", "6.1.99-1", 0, 8), on("b", "6.1.190-1", 1, 7)});
    EXPECT_EQ(found_in(html, "//td/span[starts-with(@class, 'change')]"), (Texts{"fails now"}));
    EXPECT_THAT(html, HasSubstr("<p>Nothing, beyond chance.</p>"));
    EXPECT_EQ(found_in(html, "//section/details/summary"), (Texts{"Differences that chance may explain: 1"}));
}

TEST(HtmlHistory, AFixIsPutAsAQuestionIfMoreWasAnother) {
    std::vector<NamedMatrix> matrices{on("a", "6.1.99-1", 8, 0), on("b", "6.1.190-1", 0, 8)};
    EXPECT_EQ(found_in(history_page(matrices), "//td/span[@class='change good']"), (Texts{"fixed"}));
    matrices[1].matrix.tool.commit = "another";
    const auto html = history_page(matrices);
    EXPECT_EQ(found_in(html, "//td/span[@class='change open']"), (Texts{"fixed? not the same experiment"}));
    EXPECT_THAT(html, HasSubstr("Beside the kernel this was not the same: version of blkhang: "));
}

TEST(HtmlHistory, RunsLeadToWhatIsThere) {
    std::vector<NamedMatrix> matrices{on("week 1", "6.1.99-1", 1, 2), on("week 2", "6.1.99-1", 0, 1)};
    matrices[0].matrix.cells[1].id = "a b\"<";
    HistoryPage page;
    page.places = {{"../week 1/", true, {"cell-0", "a b\"<"}, {"cell-0"}}, {"w2/", false, {}, {}}};
    const auto html = history_page(matrices, page);
    EXPECT_EQ(found_in(html, "//td//a/@href"), (Texts{"../week%201/report.html", "../week%201/cells/cell-0/report.html",
                                                      "../week%201/cells/a%20b%22%3C/record.json"}));
    EXPECT_EQ(found_in(html, "//td//a"), (Texts{"week 1", "hang", "clean"}));
    EXPECT_EQ(found_in(html, "//td//summary"), (Texts{"4 runs"}));
}

TEST(HtmlHistory, ARecordLiesInItsOwnDirectory) {
    NamedMatrix record = on("run", "6.1.99-1", 1, 0);
    record.matrix.cells[0].id.clear();
    HistoryPage page;
    page.places = {{"run/", false, {""}, {}}};
    EXPECT_EQ(found_in(history_page({record}, page), "//td//a/@href"), (Texts{"run/record.json"}));
}

TEST(HtmlHistory, TwoKernelsOfOneVersionAreToldApart) {
    std::vector<NamedMatrix> matrices{on("a", "6.1.99-1", 8, 0), on("b", "6.1.99-1", 0, 8)};
    for (CellResult& cell : matrices[1].matrix.cells) {
        cell.release = "6.1.0-52-amd64";
    }
    EXPECT_THAT(history_page(matrices),
                HasSubstr("from Debian 6.1.99-1 (6.1.0-52-amd64) to Debian 6.1.99-1 (6.1.0-52-cloud-amd64)"));
}

TEST(HtmlHistory, NamesAreText) {
    NamedMatrix evil = on("</ul><script>", "6.1.99-1", 1, 0);
    evil.matrix.cells[0].subject.profile = "<i>{{lead}}\xff";
    evil.matrix.cells[0].release = "\" onclick=\"evil()";
    evil.matrix.tool.version = "</section>\x01";
    HistoryPage page;
    page.left_out = {"<b>\x1b[2J"};
    const auto html = history_page({evil}, page);
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("onclick=\"")));
    EXPECT_THAT(html, Not(HasSubstr("<b>")));
    EXPECT_EQ(found_in(html, "//tbody//th/span"), (Texts{"<i>{{lead}}\xEF\xBF\xBD"}));
}

TEST(HtmlHistory, StepsInWordsAreBounded) {
    std::vector<NamedMatrix> matrices;
    for (int i = 0; i < 700; ++i) {
        matrices.push_back(
            on(fmt::format("m{}", i), fmt::format("6.1.{}-1", i + 1), i % 2 == 0 ? 8 : 0, i % 2 == 0 ? 0 : 8));
    }
    const auto html = history_page(matrices);
    EXPECT_EQ(found_in(html, "//section[2]/ul/li").size(), kStepsInWords);
    EXPECT_THAT(html, HasSubstr("And 199 more, which are marked in the table."));
}

TEST(HtmlHistory, ATableThatNobodyCouldLookAtIsRefused) {
    std::vector<NamedMatrix> matrices{{"a", build::diagonal(400)}};
    for (std::size_t i = 0; i < 400; ++i) {
        matrices[0].matrix.cells[i].label = fmt::format("deb:{} (6.1.{}-1)", i, i);
    }
    const auto refused = render_html(matrices, {{{}}, {}}, Templates::built_in());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault(), Fault::usage);
    EXPECT_THAT(refused.error().message(), HasSubstr("400 profiles on 400 kernel versions"));
}

}  // namespace
}  // namespace blkhang
