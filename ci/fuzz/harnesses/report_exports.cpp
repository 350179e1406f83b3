// SPDX-License-Identifier: GPL-2.0-only
// A stranger's record for other programs: KTAP, JUnit and KCIDB, each still in its own form.
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness.h"
#include "report/export/junit.h"
#include "report/export/kcidb.h"
#include "report/export/ktap.h"
#include "samples.h"

namespace blkhang::fuzz {

const Registered kReportExports{for_records("report_exports", [](Record record, std::string_view text) {
    const auto results = test_results(record, std::string(text.substr(0, 200)));
    require(render_ktap(results).starts_with("KTAP version 1\n"), "KTAP says that it is");
    const auto junit = render_junit(results);
    pugi::xml_document document;
    require(document.load_buffer(junit.data(), junit.size(), pugi::parse_full), "JUnit is XML");
    require(nlohmann::json::accept(render_kcidb(results, "blkhang")), "KCIDB is JSON");
})};

}  // namespace blkhang::fuzz
