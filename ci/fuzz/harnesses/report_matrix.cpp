// SPDX-License-Identifier: GPL-2.0-only
// A stranger's matrix as a table, a page and test results, and compared with itself and with another.
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness.h"
#include "report/compare/mail.h"
#include "report/compare/text.h"
#include "report/export/junit.h"
#include "report/export/kcidb.h"
#include "report/export/ktap.h"
#include "report/html/matrix.h"
#include "report/text/matrix.h"
#include "samples.h"

namespace blkhang::fuzz {
namespace {

void show(const Matrix& matrix, const Matrix& other) {
    static const Templates kTemplates = Templates::built_in();
    require(render_matrix(matrix).find('\x1b') == std::string::npos, "no escape sequence reaches the terminal");
    for (const auto& comparison : {compare(other, matrix), compare(matrix, other)}) {
        require(render_comparison(comparison).find('\x1b') == std::string::npos,
                "no escape sequence reaches the terminal");
        require(nlohmann::json::accept(encode(comparison)), "a comparison is JSON");
        static_cast<void>(mail_paragraph(comparison, "A <a@example.org>"));
        const auto page = render_html(matrix, {"", {}, {}, comparison}, kTemplates);
        require(page.has_value(), "every matrix has a page");
        pugi::xml_document document;
        require(document.load_buffer(page->data(), page->size(), pugi::parse_full), "the page is XML");
    }
    const auto results = test_results(matrix, std::vector<Evidence>(matrix.cells.size()));
    static_cast<void>(render_ktap(results));
    static_cast<void>(render_junit(results));
    static_cast<void>(render_kcidb(results, "blkhang"));
}

}  // namespace

const Registered kReportMatrix{{
    .name = "report_matrix",
    .shape = Shape::json,
    .longest = 8192,
    .attempt =
        [](std::string_view input) {
            static const Matrix kOther = decode_matrix(sample_matrices().front()).value();
            if (const auto matrix = decode_matrix(input)) {
                show(*matrix, kOther);
            }
        },
    .seeds = sample_matrices,
}};

}  // namespace blkhang::fuzz
