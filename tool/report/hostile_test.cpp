// SPDX-License-Identifier: GPL-2.0-only
#include "report/testing/hostile.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utf8cpp/utf8.h>

#include <algorithm>
#include <functional>
#include <pugixml.hpp>

#include "base/printable.h"
#include "profile/shipped.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/compare/mail.h"
#include "report/compare/text.h"
#include "report/export/junit.h"
#include "report/export/kcidb.h"
#include "report/export/ktap.h"
#include "report/export/openmetrics.h"
#include "report/html/history.h"
#include "report/html/matrix.h"
#include "report/html/record.h"
#include "report/mail/mail.h"
#include "report/repro/reproducer.h"
#include "report/text/matrix.h"
#include "report/text/record.h"

namespace blkhang {
namespace {

/// One way to show a record.
struct Form {
    const char* name;
    std::function<std::string(const Record&)> render;
    enum class Syntax { none, xml, json, one_text_a_line } syntax = Syntax::none;
};
void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

/// Two kernels, each with good and bad runs, so that there is something to compare, with all of it as the record has
/// it.
Matrix matrix_like(const Record& record, bool fails) {
    Matrix matrix = build::runs({record.run.kernel, record.profile.name, ""}, fails ? 5 : 0, fails ? 0 : 10);
    for (CellResult& cell : matrix.cells) {
        cell.label = record.run.kernel;
        cell.release = record.kernel.release;
        cell.reasons = record.verdict.reasons;
        cell.tier = record.tier.used;
    }
    build::add(matrix, build::cell({"deb:6.1", record.profile.name, record.plant}, Verdict::error));
    matrix.tool = {record.tool.version, record.tool.commit};
    return matrix;
}

std::string html(const Record& record) {
    const auto waits = [&](std::int32_t pid, bool owns) {
        return seen::Wait{1, pid, hostile::kText, Awaited::mutex(hostile::kText, hostile::kText), 0, owns, {}};
    };
    const LockGraph graph = lock_graph(record, {waits(7, true), waits(8, false)});
    return render_html(record, {RunSeries{{{0, 0, 0, 0, 9}, {500, 9, 9, 1, 5}}, {}, 0}, graph, dot_source(graph)},
                       Templates::built_in())
        .value();
}

std::string mail_of(const Record& record) {
    BugReport report;
    report.bisected = {"123456789abc", hostile::kText, {}};
    report.config = "CONFIG_A=" + hostile::kBytes;
    report.record = record;
    report.record.plant.clear();
    report.tally = tally(matrix_of(report.record)).front();
    report.others = tally(matrix_like(record, false));
    report.profile = load_profile("kvm-2011").value();
    report.shipped = report.profile;
    return render_mail(report, Templates::built_in()).value();
}

TestResults results_of(const Record& record) { return test_results(record, "log " + hostile::kBytes); }
TestResults results_of_matrix(const Record& record) {
    Matrix matrix = matrix_like(record, true);
    std::vector<Evidence> evidence(matrix.cells.size(), {record, "log " + hostile::kBytes, ""});
    evidence.back() = {std::nullopt, "", "damaged: " + hostile::kText};
    return test_results(matrix, std::move(evidence));
}

Comparison comparison_of(const Record& record) {
    return compare(matrix_like(record, true), matrix_like(record, false));
}

using Syntax = Form::Syntax;
const std::vector<Form> kForms{
    {"text", [](const Record& record) { return render_text(record); }},
    {"narrow_text",
     [](const Record& record) {
         return render_text(record, {60, false, Stacks::full, "a  b", true});
     }},
    {"html", html, Syntax::xml},
    {"mail", mail_of},
    {"json", [](const Record& record) { return encode(record); }, Syntax::json},
    {"ktap", [](const Record& record) { return render_ktap(results_of(record)); }, Syntax::one_text_a_line},
    {"flat_ktap", [](const Record& record) { return render_ktap(results_of(record), Nesting::none); },
     Syntax::one_text_a_line},
    {"headline", [](const Record& record) { return headline_of(record, false) + "\n"; }, Syntax::one_text_a_line},
    {"junit", [](const Record& record) { return render_junit(results_of(record)); }, Syntax::xml},
    {"kcidb", [](const Record& record) { return render_kcidb(results_of(record), "lab"); }, Syntax::json},
    {"script", [](const Record& record) { return reproduce_script(record, Templates::built_in()).value(); },
     Syntax::one_text_a_line},
    {"matrix_text", [](const Record& record) { return render_matrix(matrix_like(record, true), {}); }},
    {"matrix_html",
     [](const Record& record) {
         return render_html(matrix_like(record, true), {"", {}, {}, comparison_of(record)}, Templates::built_in())
             .value();
     },
     Syntax::xml},
    {"history",
     [](const Record& record) {
         const std::vector<NamedMatrix> matrices{{hostile::kText, matrix_like(record, true)},
                                                 {"other" + hostile::kText, matrix_like(record, false)}};
         return render_html(matrices, {{{hostile::kText, true, {}, {}}, {}}, {hostile::kBytes}}, Templates::built_in())
             .value();
     },
     Syntax::xml},
    {"openmetrics",
     [](const Record& record) {
         return render_openmetrics({{hostile::kText, matrix_like(record, true)}});
     },
     Syntax::one_text_a_line},
    {"matrix_json", [](const Record& record) { return encode(matrix_like(record, true)); }, Syntax::json},
    {"matrix_ktap", [](const Record& record) { return render_ktap(results_of_matrix(record)); },
     Syntax::one_text_a_line},
    {"matrix_junit", [](const Record& record) { return render_junit(results_of_matrix(record)); }, Syntax::xml},
    {"matrix_kcidb", [](const Record& record) { return render_kcidb(results_of_matrix(record), "lab"); }, Syntax::json},
    {"compare_text", [](const Record& record) { return render_comparison(comparison_of(record), {}); }},
    {"compare_mail", [](const Record& record) { return mail_paragraph(comparison_of(record), hostile::kText); }},
    {"compare_json", [](const Record& record) { return encode(comparison_of(record)); }, Syntax::json},
};

std::size_t lines_of_text(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class Hostile : public testing::TestWithParam<Form> {
protected:
    static void expect_tame(const std::string& text) {
        EXPECT_TRUE(utf8::is_valid(text));
        for (const char* const obeyed :
             {"\x1b", "\a", "\r", "\x7f", "\u009b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff"}) {
            EXPECT_THAT(text, testing::Not(testing::HasSubstr(obeyed)));
        }
        EXPECT_EQ(printable_lines(text), text);
    }
    static void expect_well_formed(const std::string& text) {
        if (GetParam().syntax == Syntax::json) {
            EXPECT_TRUE(nlohmann::json::accept(text)) << text;
        } else if (GetParam().syntax == Syntax::xml) {
            pugi::xml_document document;
            const auto parsed = document.load_string(text.c_str());
            EXPECT_TRUE(parsed) << parsed.description() << " at "
                                << text.substr(static_cast<std::size_t>(parsed.offset), 80);
            EXPECT_TRUE(document.select_nodes("//script").empty());
        }
    }
};

TEST_P(Hostile, NothingOfARecordIsObeyed) {
    for (const char* const name : {"self-deadlock", "kswapd-cycle", "nested-nowait", "lost-events", "vanished"}) {
        if (std::string_view(GetParam().name) == "mail" && name != std::string_view("kswapd-cycle")) {
            continue;  // there is nothing to report of the others, or of some of them
        }
        SCOPED_TRACE(name);
        const Record sane = replay::record(name, "sync-alloc");
        const std::string text = GetParam().render(hostile::record(sane));
        expect_tame(text);
        expect_well_formed(text);
        if (GetParam().syntax == Syntax::one_text_a_line) {
            EXPECT_EQ(lines_of_text(text), lines_of_text(GetParam().render(sane)));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(EveryForm, Hostile, testing::ValuesIn(kForms),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(HostileMail, HasNoHeadersButItsOwn) {
    const std::string text = mail_of(hostile::record(replay::record("kswapd-cycle")));
    std::istringstream lines(text.substr(0, text.find("\n\n")));
    for (std::string line; std::getline(lines, line);) {
        EXPECT_THAT(line, testing::AnyOf(testing::StartsWith("To: "), testing::StartsWith("Cc: "),
                                         testing::StartsWith("Subject: "), testing::StartsWith("MIME-Version: "),
                                         testing::StartsWith("Content-Type: "), testing::StartsWith(" ")));
    }
}

/// Else the tests above would show nothing.
TEST(HostileFixture, IsHostileInAllThatMayBeAnything) {
    const Record record = hostile::record(replay::record("self-deadlock"));
    for (const std::string& text :
         {record.verdict.reasons.front(), record.kernel.release, record.profile.name, record.run.kernel,
          record.run.detail, record.deadlock->tasks.front().comm, to_string(record.deadlock->tasks.front().waits_for),
          record.deadlock->tasks.front().stack.front(), record.phases.front().name, record.tool.version}) {
        EXPECT_THAT(text, testing::HasSubstr(hostile::kText));
    }
    EXPECT_TRUE(record.load.contains("name" + hostile::kText));
}

}  // namespace
}  // namespace blkhang
