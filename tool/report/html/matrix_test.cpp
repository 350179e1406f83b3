// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/matrix.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "record/testing/matrix_builder.h"

namespace blkhang {
namespace {

using build::kPlanted;
using build::kStock;
using testing::HasSubstr;
using testing::Not;

std::string page(const Matrix& matrix, const MatrixPage& beside = {}) {
    return render_html(matrix, beside, Templates::built_in()).value();
}

std::string texts(const std::string& html, const char* path) {
    pugi::xml_document document;
    const auto parsed = document.load_string(html.c_str());
    EXPECT_TRUE(parsed) << parsed.description();
    std::string text;
    for (const auto& found : document.select_nodes(path)) {
        const auto node = found.node();
        text +=
            std::string(text.empty() ? "" : "|") + (found.attribute() ? found.attribute().value() : node.text().get());
    }
    return text;
}

TEST(HtmlMatrix, KernelsByProfiles) {
    Matrix matrix = build::runs(kStock, 3, 7);
    build::add(matrix, build::cell({"deb:7.3", "elv-bfq", "sync-alloc"}, Verdict::clean));
    const auto html = page(matrix);
    EXPECT_EQ(texts(html, "//thead//th"), "Kernel|kvm-2011|elv-bfq/sync-alloc");
    EXPECT_EQ(texts(html, "//tbody//th/span"), "deb:6.1|deb:7.3");
    EXPECT_EQ(texts(html, "//td/strong"), "hang|clean");
    EXPECT_THAT(html, HasSubstr("</strong> 3/10 6.7-65%"));
    EXPECT_EQ(texts(html, "//td[@class='quiet']"), "not run|not run");
    EXPECT_EQ(texts(html, "//td//rect[@class='interval']/@x"), "6.7|0.0");
}

TEST(HtmlMatrix, ATableThatWouldBeNearlyEmptyIsAList) {
    const auto html = page(build::diagonal(400));
    EXPECT_EQ(texts(html, "//thead//th"), "Kernel|all runs");
    EXPECT_THAT(texts(html, "//tbody//th/span"), testing::StartsWith("deb:0 p0|deb:1 p1|"));
    EXPECT_EQ(texts(html, "//td[@class='quiet']"), "");
    EXPECT_LT(html.size(), 500'000U);
}

TEST(HtmlMatrix, ABrokenRunBesideAHangIsCountedAndHidesNothing) {
    Matrix matrix = build::runs(kStock, 4, 0);
    const auto html = page(build::add(matrix, build::cell(kStock, Verdict::error)));
    EXPECT_EQ(texts(html, "//td/strong"), "hang");
    EXPECT_THAT(html, HasSubstr("</strong> 4/4 40-100%, 1 error"));
    EXPECT_EQ(texts(html, "//h1/span"), "HANG");
    EXPECT_THAT(texts(html, "//h1"), HasSubstr("5 of 5 runs: 4 hang, 1 error"));
}

TEST(HtmlMatrix, RunsLinkToWhatIsThere) {
    Matrix matrix = build::runs(kStock, 0, 3);
    matrix.cells[1].id = "a b/<\"%#?";
    const auto html = page(matrix, {"../matrix dir/", {"cell-0", matrix.cells[1].id}, {"cell-0"}, {}});
    EXPECT_EQ(texts(html, "//td//a/@href"),
              "../matrix%20dir/cells/cell-0/report.html|../matrix%20dir/cells/cell-0/record.json|"
              "../matrix%20dir/cells/a%20b/%3C%22%25%23%3F/record.json");
    EXPECT_EQ(texts(html, "//td//span[text()='no record']"), "no record");
    EXPECT_EQ(texts(html, "//td//summary"), "3 runs");
}

TEST(HtmlMatrix, CompanionsAreApartFromWhatWasAskedFor) {
    Matrix matrix = build::runs(kPlanted, 1, 0);
    CellResult companion = build::cell(kPlanted, Verdict::hang);
    companion.calibration = true;
    build::add(matrix, companion);
    const auto html = page(matrix);
    EXPECT_EQ(texts(html, "//thead//th"), "Kernel|kvm-2011/sync-alloc|kvm-2011/sync-alloc*");
    EXPECT_EQ(texts(html, "//td//summary"), "1 run|1 run");
    EXPECT_THAT(html, HasSubstr("* calibrates"));
}

TEST(HtmlMatrix, WhatChangedStandsOut) {
    const Matrix after = build::runs(kStock, 0, 8);
    const auto html = page(after, {"", {}, {}, compare(build::runs(kStock, 8, 0), after)});
    EXPECT_EQ(texts(html, "//td/span[starts-with(@class, 'change')]"), "fixed");
    EXPECT_THAT(html, HasSubstr("fixed beyond chance: BEFORE failed in 8 of 8 runs"));
    const auto back = page(build::runs(kStock, 8, 0), {"", {}, {}, compare(after, build::runs(kStock, 8, 0))});
    EXPECT_EQ(texts(back, "//td/span[@class='change bad']"), "regressed");
}

TEST(HtmlMatrix, WhatDidNotChangeIsOnlyCounted) {
    const Matrix matrix = build::runs(kStock, 0, 8);
    const auto html = page(matrix, {"", {}, {}, compare(matrix, matrix)});
    EXPECT_EQ(texts(html, "//td/span"), "");
    EXPECT_THAT(html, HasSubstr("No news: 1."));
}

TEST(HtmlMatrix, NamesAreText) {
    Matrix matrix = build::runs({"<script>\xff&", "<i>", "{{tool}}"}, 1, 0);
    matrix.cells[0].reasons = {"</ul>\x01"};
    matrix.cells[0].id = "\" onclick=\"evil()";
    const auto html = page(matrix, {"", {matrix.cells[0].id}, {}, {}});
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("onclick=\"")));
    EXPECT_EQ(texts(html, "//tbody//th/span"), "<script>\xEF\xBF\xBD&");
    EXPECT_EQ(texts(html, "//thead//th"), "Kernel|<i>/{{tool}}");
}

TEST(HtmlMatrix, OneThatWasCutShortSaysSo) {
    Matrix matrix = build::runs(kStock, 0, 1);
    matrix.planned = 3;
    EXPECT_THAT(page(matrix), HasSubstr("Cut short: 2 of 3 runs are missing"));
    EXPECT_THAT(texts(page(Matrix{}), "//h1"), HasSubstr("0 kernels, 0 of 0 runs"));
}

}  // namespace
}  // namespace blkhang
