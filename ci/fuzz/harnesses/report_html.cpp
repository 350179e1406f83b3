// SPDX-License-Identifier: GPL-2.0-only
// A stranger's record as a page, which a strict reader of XML accepts.
#include "report/html/record.h"

#include <pugixml.hpp>

#include "harness.h"
#include "samples.h"

namespace blkhang::fuzz {

const Registered kReportHtml{for_records("report_html", [](Record record, std::string_view /*text*/) {
    static const Templates kTemplates = Templates::built_in();
    LockGraph graph = lock_graph(record, {});
    static_cast<void>(dot_source(graph));
    const auto page = render_html(
        record, {fail(Fault::broken, "no events"), std::move(graph), fail(Fault::unsupported, "no dot here")},
        kTemplates);
    require(page.has_value(), "every record has a page");
    pugi::xml_document document;
    require(document.load_buffer(page->data(), page->size(), pugi::parse_full), "the page is XML");
})};

}  // namespace blkhang::fuzz
